import { digest } from '../../domain/json.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Commit } from '../../domain/ports/store.ts';
import { releaseId, type Component, type ComponentKind, type Release } from '../../domain/release.ts';
import { SECOND } from '../../domain/time.ts';
import type { Target } from '../../domain/target.ts';
import type { ScriptedRelease } from './script.ts';

interface Running {
  readonly release: string;
  readonly opId: string | null;
}

const observing = [
  { kind: 'container', sees: ({ container }: Target) => container !== null, component: 'image' },
  { kind: 'link', sees: ({ link }: Target) => link !== null, component: 'link' },
  { kind: 'repository', sees: ({ repository }: Target) => repository !== null, component: 'commit' },
  { kind: 'stack', sees: ({ stack }: Target) => stack !== null, component: 'stack' },
  { kind: 'swarm', sees: ({ swarm }: Target) => swarm !== null, component: 'service' },
] as const satisfies readonly {
  readonly kind: Observer['kind'];
  readonly sees: (target: Target) => boolean;
  readonly component: ComponentKind;
}[];

/** The simulated production: which release runs on each target, as scripted and as rollbacks leave it. */
export class Production {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  readonly #listeners = new Set<(target: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on the release runs there; `opId` is the effect of ours that put it there. */
  deploy(target: string, release: string, opId: string | null = null): void {
    this.#running.set(target, { release, opId });
    for (const changed of this.#listeners) changed(target);
  }

  /** Label of the release that runs; null when none is known. */
  release(target: string): string | null {
    return this.#running.get(target)?.release ?? null;
  }

  /** Observers that see it, one for each kind of target there is. */
  observers(): readonly Observer[] {
    return observing.map(({ kind, sees, component }) => ({
      kind,
      sees,
      look: ({ name }) => {
        const running = this.#running.get(name);
        return Promise.resolve({
          at: this.#clock.now(),
          components: running === undefined ? [] : [componentOf(component, running.release)],
          healthy: null,
          exited: false,
          sealed: null,
          opId: running?.opId ?? null,
          manager: null,
        });
      },
      watch: (targets, changed, signal) => {
        const watched = new Set(targets.map(({ name }) => name));
        const listener = (name: string): void => {
          if (watched.has(name)) changed(name);
        };
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#listeners.add(listener);
        signal.addEventListener('abort', () => {
          this.#listeners.delete(listener);
          resolve();
        });
        return promise;
      },
    }));
  }
}

/** The rows that a store has of releases which ran before the beginning. */
export function history(target: Target, scripted: readonly ScriptedRelease[], startAt: number): Commit {
  const releases = scripted.map(({ release, standing, since }, index): Release => {
    const components = componentsOf(target, release);
    const until = scripted[index + 1]?.since ?? startAt;
    return {
      id: releaseId(components),
      target: target.name,
      components,
      standing,
      because: standing === 'good' ? 'good by the script' : 'first seen running',
      firstSeenAt: since,
      servedAt: until,
      goodAt: standing === 'good' ? until : null,
      bakedMs: 0,
      barrier: null,
      sealed: null,
    };
  });
  const current = releases.at(-1);
  const since = scripted.at(-1)?.since ?? startAt;
  if (current === undefined) return {};
  const serving = { target: target.name, release: current.id, since, notBefore: since - SECOND, opId: null };
  return { releases, serving: [serving] };
}

/** The coordinates of a release of the target, made up from its label. */
function componentsOf(target: Target, release: string): readonly Component[] {
  return observing.filter(({ sees }) => sees(target)).map(({ component }) => componentOf(component, release));
}

function componentOf(kind: ComponentKind, label: string): Component {
  const hex = digest(label);
  const values: Record<ComponentKind, string> = {
    image: `sha256:${hex}`,
    config: hex,
    commit: hex.slice(0, 40),
    link: `/releases/${label}`,
    stack: hex,
    service: `sha256:${hex}`,
    // What a test tells of are releases; no schema changes with them.
    schema: 'rehearsed=1',
  };
  return { kind, value: values[kind], label };
}
