import { basename } from 'node:path';
import { markerOf } from '../../clients/link/marker.ts';
import { readLink } from '../../clients/link/place.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Sighting } from '../../domain/release.ts';
import type { Target } from '../../domain/target.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { SECOND } from '../../domain/time.ts';

/** Sees which release directory a `current` link leads to. */
export function linkObserver(parts: { readonly clock: Clock; readonly pollMs?: number }): Observer {
  const { clock, pollMs = SECOND } = parts;
  return {
    kind: 'link',
    sees: (target) => target.link !== null,
    look: async (target) => look(pathOf(target), clock.now()),
    async watch(targets, changed, signal) {
      const seen = new Map<string, string>();
      while (!signal.aborted) {
        for (const { name, link } of targets) {
          if (link === null) continue;
          const state = await stateOf(link.path);
          if (seen.has(name) && seen.get(name) !== state) changed(name);
          seen.set(name, state);
        }
        await sleep(clock, pollMs, signal);
      }
    },
  };
}

async function look(path: string, at: number): Promise<Sighting> {
  const place = await readLink(path);
  const { destination } = place;
  const nothing = { at, components: [], sealed: null, opId: null, manager: null };
  // Absent or broken: whatever ran from there cannot start again.
  if (destination === null) return { ...nothing, healthy: false, exited: true };
  const marker = await markerOf(path, place.identity);
  return {
    ...nothing,
    components: [{ kind: 'link', value: destination, label: basename(destination) }],
    healthy: null,
    exited: false,
    opId: marker === null ? null : marker.opId.replace(/\/undo$/, ''),
  };
}

/** What `watch` compares; a failed look is a state of its own, and the next `look` says what is wrong. */
async function stateOf(path: string): Promise<string> {
  try {
    const { text, destination, identity } = await readLink(path);
    return JSON.stringify([text, destination, identity]);
  } catch (error) {
    return messageOf(error);
  }
}

function pathOf(target: Target): string {
  if (target.link !== null) return target.link.path;
  throw new RollbackError('ANSWER_INVALID', `the target ${target.name} has no link to look at`);
}
