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
 * The gaps: up of `web`, beside, up of `worker`, which has a name of its own, health of both; hold down and stop of the
 * present `web`. Taken back, both are replaced.
 */
export function composeRollback(): CrashStep {
  return step('compose.rollback', 'stack', {
    options: () => pace,
    acts: replaced(['web', 'worker'], 2),
    gaps: 5,
    work: 'up web',
    undo: { acts: replaced(['web', 'worker'], 1), gaps: 1, blind: false, work: 'back worker' },
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

/** The gaps: before the stop, after it, those of the set, and after the start. */
export function volumeSnapshot(): CrashStep {
  return step('volume.snapshot', 'set', {
    options: ({ volume }) => ({ volumes: [volume], ...pace }),
    acts: ['stop', 'made', 'start'],
    gaps: 9,
    work: 'copy volume',
    held: { acts: [], gaps: 0 },
  });
}

/** The gaps: before the copy, after it, before the stop, after each, about the switch, and after the start. */
export function volumeRestore(): CrashStep {
  return step('volume.restore', 'restored', {
    options: ({ volume }) => ({ volume, ...pace }),
    acts: ['stop', 'good', 'start'],
    gaps: 10,
    work: 'restore volume',
    held: { acts: [], gaps: 0 },
    undo: { acts: ['stop back', 'bad', 'start back'], gaps: 9, blind: false, work: null },
  });
}

/** The gap: after the update; taken back, before it and after it. */
export function swarmRollback(): CrashStep {
  return step('swarm.rollback', 'service', {
    options: () => ({ converge_within: '30s' }),
    acts: ['update'],
    gaps: 1,
    undo: { acts: ['update back'], gaps: 2, blind: false, work: null },
  });
}
