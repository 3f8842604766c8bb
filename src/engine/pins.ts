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
  const lookKey = `pin:${target.name}`;
  try {
    await keepReleases(core, keeper, target, kept, signal);
    const releases = kept.map(({ id }) => id);
    const settledAt = await settledSince(core, target);
    await keeper.prune(target, { releases, settledAt }, core.parts.clock.now(), signal);
    core.book.failedLooks.delete(lookKey);
  } catch (error) {
    core.book.failedLooks.set(lookKey, messageOf(error));
  }
}

/** When the last incident of a target ended; null while one is open. */
async function settledSince({ book, parts }: Core, { name }: Target): Promise<number | null> {
  const rows = await parts.store.incidents({ target: name, limit: 10 });
  if (book.on(name) !== null) return null;
  return Math.max(0, ...rows.map(({ closedAt }) => closedAt ?? 0));
}

/** The two good releases that served last: the one that may run now, and the one a rollback would go to. */
function worthKeeping(core: Core, target: Target): readonly Release[] {
  const { releases, clock } = core.parts;
  const good = releases.list(target.name).filter(({ standing }) => standing === 'good');
  const kept = good.toSorted((a, b) => b.servedAt - a.servedAt).slice(0, 2);
  // What a migration began with is what it would go back to, proven or not.
  const before = releases.migrating(target.name, clock.now())?.release ?? null;
  const begun = releases.list(target.name).find(({ id }) => id === before);
  return begun === undefined || kept.includes(begun) ? kept : [...kept, begun];
}

/** Pins what is there. One level speaks for all releases of the target, so it recovers once every one is there. */
async function keepReleases(
  core: Core,
  keeper: Keeper,
  target: Target,
  releases: readonly Release[],
  signal: AbortSignal,
): Promise<void> {
  const lost: string[] = [];
  for (const release of releases) {
    const present = await keeper.present(target, release, signal);
    core.parts.releases.setPresent(target.name, release.id, present);
    if (present) await keeper.pin(target, release, signal);
    else lost.push(nameRelease(release));
  }
  if (releases.length === 0) return;
  await core.turn((turn, flow) =>
    takeChange(flow, turn, {
      rule: 'builtin/pin',
      subject: `pin:${target.name}`,
      severity: 'medium',
      change: lost.length === 0 ? 'recovered' : 'fired',
      at: turn.at,
      since: turn.at,
      detail:
        lost.length === 0
          ? 'what a rollback needs is there again'
          : `what ${lost.join(' and ')} needs is gone: ${target.name} could not be rolled back to it`,
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
