/** What an environment does about backups and questions. */
export interface EnvironmentPolicy {
  /** Whether sets are made and demanded, or nothing there is precious. */
  readonly backups: 'made' | 'skipped';
  /** Who answers questions: people, or the policy itself, at once and with yes. */
  readonly asks: 'people' | 'nobody';
}

/** What production does; and so what an environment of an unknown name does. */
export const strictPolicy: EnvironmentPolicy = { backups: 'made', asks: 'people' };

/** The environments that are known without being stated. */
export const knownEnvironments: Readonly<Record<string, EnvironmentPolicy>> = {
  production: strictPolicy,
  staging: strictPolicy,
  development: { backups: 'skipped', asks: 'nobody' },
};

/** What the daemon's environment does. */
export function policyOf({
  environment,
  environments,
}: {
  readonly environment: string;
  /** By name, the known ones included. */
  readonly environments: Readonly<Record<string, EnvironmentPolicy>>;
}): EnvironmentPolicy {
  return Object.hasOwn(environments, environment)
    ? (environments[environment] ?? strictPolicy)
    : strictPolicy;
}
