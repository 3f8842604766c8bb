import { messageOf } from '../domain/errors.ts';
import { sleep } from '../domain/ports/clock.ts';
import type { Keeper } from '../domain/ports/observer.ts';
import type { Release } from '../domain/release.ts';
import { nameRelease } from '../domain/release.ts';
import type { Target } from '../domain/target.ts';
import { MINUTE } from '../domain/time.ts';
import type { Core } from './core.ts';
import { takeChange } from './levels.ts';

/** Pins what may be gone back to, and notices each minute whether it is still there. */
export async function keepPins(core: Core, signal: AbortSignal): Promise<void> {
  const { keeper } = core.parts;
  if (keeper === null) return;
  while (!signal.aborted) {
    for (const target of Object.values(core.book.configuration.targets)) {
      if (target.container !== null && !signal.aborted) await keepTarget(core, keeper, target, signal);
    }
    core.book.toPin.clear();
    await untilNextRound(core, signal);
  }
}

async function keepTarget(core: Core, keeper: Keeper, target: Target, signal: AbortSignal): Promise<void> {
  const kept = worthKeeping(core, target);
  try {
    for (const release of kept) await keepRelease(core, keeper, target, release, signal);
    await keeper.prune(
      target,
      kept.map(({ id }) => id),
      core.parts.clock.now(),
      signal,
    );
  } catch (error) {
    core.book.failedLooks.set(`pin:${target.name}`, messageOf(error));
  }
}

/** The two good releases that served last: the one that may run now, and the one a rollback would go to. */
function worthKeeping(core: Core, target: Target): readonly Release[] {
  const good = core.parts.releases.list(target.name).filter(({ standing }) => standing === 'good');
  return good.toSorted((a, b) => b.servedAt - a.servedAt).slice(0, 2);
}

async function keepRelease(
  core: Core,
  keeper: Keeper,
  target: Target,
  release: Release,
  signal: AbortSignal,
): Promise<void> {
  const present = await keeper.present(target, release, signal);
  core.parts.releases.setPresent(target.name, release.id, present);
  if (present) await keeper.pin(target, release, signal);
  await core.turn((turn, flow) =>
    takeChange(flow, turn, {
      rule: 'builtin/pin',
      subject: `pin:${target.name}`,
      severity: 'medium',
      change: present ? 'recovered' : 'fired',
      at: turn.at,
      since: turn.at,
      detail: present
        ? 'what a rollback needs is there again'
        : `what ${nameRelease(release)} needs is gone: ${target.name} could not be rolled back to it`,
      condition: 'is missing',
      armed: true,
    }),
  );
}

/** A minute, or at once when a release became good. */
async function untilNextRound(core: Core, signal: AbortSignal): Promise<void> {
  const until = core.parts.clock.now() + MINUTE;
  while (!signal.aborted && core.parts.clock.now() < until && core.book.toPin.size === 0) {
    await sleep(core.parts.clock, 1_000, signal);
  }
}
