import type { CrashStep } from './plan.ts';
import { step } from './steps.ts';

const pace = { stop_grace: '2s', healthy_within: '20s', steady_for: '300ms' };

/** The containers of a service, replaced by those of the other release. */
function replaced(services: readonly string[], from: 1 | 2): readonly string[] {
  return services.flatMap((service) => [
    `create ${service} release-${3 - from}`,
    `start ${service} release-${3 - from}`,
    `stop ${service} release-${from}`,
  ]);
}

/**
 * The gaps: up, await health, hold down, stop and remove of `web`, beside; up and await health of `worker`, which has a
 * name of its own. Taken back, both are replaced.
 */
export function composeRollback(): CrashStep {
  return step('compose.rollback', 'stack', {
    options: () => pace,
    acts: replaced(['web', 'worker'], 2),
    gaps: 6,
    work: 'up web',
    undo: { acts: replaced(['web', 'worker'], 1), gaps: 3, blind: false, work: 'back worker' },
  });
}

/** The gaps: before and after each restart. */
export function composeRestart(): CrashStep {
  const acts = ['db', 'web', 'worker'].flatMap((service) => [`restart ${service}`]);
  return step('compose.restart', 'stack', { options: () => pace, acts, gaps: 6 });
}

/** The gaps: after the build, and after up. */
export function composeBuild(): CrashStep {
  return step('compose.build', 'stack', {
    options: () => ({ ...pace, services: ['web'] }),
    acts: replaced(['web'], 2),
    gaps: 2,
    work: 'build web',
    undo: { acts: replaced(['web'], 1), gaps: 1, blind: false, work: 'back web' },
  });
}
