import { formatProblems } from '../../src/config/format-problems.ts';
import { loadConfiguration, type LoadedConfiguration } from '../../src/config/load-configuration.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import type { Sources } from '../../src/domain/ports/source.ts';
import { crontab, drivers, sources } from './registries.ts';

/** Files by path, as text. */
export type Files = Readonly<Record<string, string>>;

/** Variables that secrets are kept in, where a test says nothing else. */
const standardEnvironment = {
  TOKEN: 'a-long-enough-token',
  BOT_TOKEN: 'xoxb-1-token-of-a-bot',
  APP_TOKEN: 'xapp-1-token-of-an-app',
};

/** Loads `rollbackd.yaml` of some files that exist only here. */
export function configuring(
  files: Files,
  environment: Readonly<Record<string, string>> = standardEnvironment,
  more: Sources = {},
): Promise<LoadedConfiguration> {
  return loadConfiguration({
    path: 'rollbackd.yaml',
    registries: { sources: { ...sources, ...more }, drivers },
    crontab,
    environment,
    hostname: 'build-7',
    readFile: (path) => {
      const text = files[path] ?? files[path.replace(`${process.cwd()}/`, '')];
      return text === undefined
        ? Promise.reject(Object.assign(new Error('not there'), { code: 'ENOENT' }))
        : Promise.resolve(text);
    },
  });
}

/** The configuration, or a failure that shows every problem. */
export async function configured(
  files: Files,
  environment?: Readonly<Record<string, string>>,
): Promise<Configuration> {
  const loaded = await configuring(files, environment);
  if (!loaded.ok) throw new Error(`refused:\n${formatProblems(loaded.problems)}`);
  return loaded.configuration;
}

/** What `check` would print: problems, or warnings marked as such, or `ok`. */
export async function verdictOn(files: Files, more: Sources = {}): Promise<string> {
  const loaded = await configuring(files, standardEnvironment, more);
  if (!loaded.ok) return formatProblems(loaded.problems);
  const { warnings } = loaded.configuration;
  return warnings.length === 0
    ? 'ok'
    : formatProblems(warnings.map((warning) => ({ ...warning, message: `warning: ${warning.message}` })));
}

/** A small shop that loads without a problem; cases replace one of its files. */
export const shop: Files = {
  'rollbackd.yaml': `version: 1
include: [packs/shop]
prometheus: { url: http://prometheus:9090 }
docker: { socket: /var/run/docker.sock }
targets:
  shop:
    container: shop
    rules: [shop]
    address: http://shop:8080
    playbook: service
`,
  'packs/shop/rules.yaml': `rules:
  health:
    http: { url: '\${target.address}/health' }
    levels:
      critical: { failures: 2 }
`,
  'packs/shop/playbooks.yaml': `playbooks:
  service:
    steps:
      - docker.rollback: { to: last_good }
  release:
    steps:
      - link.rollback: { to: last_good }
  code:
    steps:
      - git.revert: { to: last_good }
`,
};
