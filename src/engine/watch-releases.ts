import type { ReleaseEvent } from '../domain/ports/releases.ts';
import { messageOf } from '../domain/errors.ts';
import type { Sighting } from '../domain/release.ts';
import { nameRelease } from '../domain/release.ts';
import type { Observer } from '../domain/ports/observer.ts';
import type { Target } from '../domain/target.ts';
import { SECOND } from '../domain/time.ts';
import type { Core } from './core.ts';
import type { Flow } from './flow.ts';
import { noticeUndone } from './interference.ts';
import type { Turn } from './turn.ts';

/** How often each kind is looked at; hints of `watch` make it at once. */
const everyMs: Readonly<Record<Observer['kind'], number>> = {
  container: 2 * SECOND,
  link: SECOND,
  repository: 30 * SECOND,
  stack: 2 * SECOND,
  swarm: 2 * SECOND,
  // Quick enough for a schema to be one release with the deployment that changed it.
  schema: 15 * SECOND,
};

/** Looks at every target until the signal aborts. A look that fails is never taken for a change. */
export async function watchReleases(core: Core, signal: AbortSignal): Promise<void> {
  const loops = core.parts.observers.flatMap((observer) => {
    const targets = Object.values(core.book.configuration.targets).filter((target) => observer.sees(target));
    const watching = observer.watch?.(targets, (target) => core.hints.give(target), signal).catch(() => {});
    return [
      ...targets.map((target) => lookAgainAndAgain(core, observer, target, signal)),
      watching ?? Promise.resolve(),
    ];
  });
  await Promise.all(loops);
}

async function lookAgainAndAgain(
  core: Core,
  observer: Observer,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const seen = core.hints.given(target.name);
    await lookOnce(core, observer, target, signal);
    await core.hints.wait(target.name, everyMs[observer.kind], signal, seen);
  }
}

/** One look, folded and stored; baking goes on at the same time. */
export async function lookOnce(
  core: Core,
  observer: Observer,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  let sighting: Sighting;
  try {
    sighting = await observer.look(target, signal);
  } catch (error) {
    return signal.aborted ? undefined : noteFailedLook(core, observer, target, messageOf(error));
  }
  if (signal.aborted) return;
  const unseen = core.book.failedLooks.delete(placeOf(observer, target));
  await core.turn((turn, flow) => {
    if (unseen)
      turn.note({
        type: 'release.seen_again',
        target: target.name,
        message: `the ${observer.kind} of ${target.name} can be looked at again`,
      });
    const { releases, detection } = core.parts;
    const seen = releases.sighted(target.name, sighting, observer.kind);
    const quiet = !detection.troubled(target.name) && detection.criticalOk(target.name, turn.at);
    const baked = releases.bake(target.name, turn.at, quiet);
    for (const change of [seen, baked]) {
      turn.include(change.commit);
      for (const event of change.events) takeReleaseEvent(turn, flow, event);
      // Whoever sees another part of it looks, too: what changes together is one release.
      if (change.events.some(({ event }) => event === 'changed')) core.hints.give(target.name);
    }
  });
}

/** Journaled once, shown for as long as it lasts. */
async function noteFailedLook(core: Core, observer: Observer, target: Target, why: string): Promise<void> {
  const place = placeOf(observer, target);
  const known = core.book.failedLooks.has(place);
  core.book.failedLooks.set(place, why);
  if (known) return;
  const message = `the ${observer.kind} of ${target.name} cannot be looked at, so no release of it is learnt: ${why}`;
  await core.turn((turn) => turn.note({ type: 'release.unseen', target: target.name, message }));
}

function placeOf({ kind }: Observer, { name }: Target): string {
  return `${kind} of ${name}`;
}

function takeReleaseEvent(turn: Turn, flow: Flow, event: ReleaseEvent): void {
  if (event.event === 'changed') noticeUndone(turn, flow, event);
  if (event.event === 'became_good') flow.book.toPin.add(event.target);
  if (event.event !== 'bad_returned') return;
  turn.note(
    {
      type: 'release.bad_returned',
      target: event.target,
      message: `${nameRelease(event.release)} runs again on ${event.target}; it is known to be bad${event.manager === null ? '' : ` and was put back by ${event.manager}`}`,
      facts: { release: event.release.id },
    },
    flow.book.on(event.target),
  );
}
