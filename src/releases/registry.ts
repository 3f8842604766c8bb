import { controlKeys } from '../domain/controls.ts';
import { RollbackError } from '../domain/errors.ts';
import type { ReleaseChange, Releases } from '../domain/ports/releases.ts';
import type { Control } from '../domain/ports/store.ts';
import type { Target } from '../domain/target.ts';
import { arrivedAt } from './arrived.ts';
import { bake } from './bake.ts';
import { candidate } from './candidate.ts';
import { facetsIn } from './facets.ts';
import { forgetOld } from './forget.ts';
import { deploy, deploying, graceUntil, migrating, restoreControls } from './grace.ts';
import { findRelease, named } from './named.ts';
import { record } from './record.ts';
import { foldSighting } from './sighting.ts';
import { setStanding } from './standing.ts';
import { currentOf, nothing, unseen, withReleases, type TargetState, type Turned } from './target-state.ts';

/**
 * What has run, what is proven, and what a rollback may go to.
 *
 * Memory only: every change is returned, to be stored together with what it causes.
 */
export function registry(): Releases {
  const states = new Map<string, TargetState>();
  let targets: Readonly<Record<string, Target>> = {};

  const stateOf = (name: string): TargetState => states.get(name) ?? unseen(name);
  const turn = (
    name: string,
    at: number,
    fold: (state: TargetState, target: Target) => Turned,
  ): ReleaseChange => {
    const target = targets[name];
    if (target === undefined) return nothing;
    const { state, change } = forgetOld(fold(stateOf(name), target), at);
    states.set(name, state);
    return change;
  };

  return {
    restore(releases, serving, controls = []) {
      const names = new Set(
        [...releases, ...serving].map(({ target }) => target).concat(migratingIn(controls)),
      );
      for (const name of names) {
        const known = withReleases(
          unseen(name),
          releases.filter(({ target }) => target === name),
        );
        const state = { ...known, serving: serving.find(({ target }) => target === name) ?? null };
        const current = currentOf(state);
        // Nobody has looked since it was last seen serving.
        const facets = facetsIn(current?.components ?? [], current?.servedAt ?? 0);
        states.set(name, restoreControls({ ...state, facets }, controls));
      }
    },
    configure(next) {
      targets = next;
    },
    sighted: (name, sighting, observer) =>
      turn(name, sighting.at, (state, target) => foldSighting(state, target, sighting, observer ?? null)),
    bake: (name, now, quiet) => turn(name, now, (state, target) => bake(state, now, quiet, target.bakeMs)),
    current: (name) => currentOf(stateOf(name)),
    serving: (name) => stateOf(name).serving,
    arrival: (name) => arrivedAt(stateOf(name)),
    candidate: (name, now) => candidate(stateOf(name), now),
    named: (name, id) => named(stateOf(name), id),
    find: (name, text) => findRelease(name, [...stateOf(name).releases.values()], text),
    list: (name) => [...stateOf(name).releases.values()].sort((a, b) => b.firstSeenAt - a.firstSeenAt),
    record: (name, components, barrier, now, by) =>
      turn(known(targets, name), now, (state) => record(state, { components, barrier, by }, now)),
    setStanding: (name, id, standing, because, now) =>
      turn(known(targets, name), now, (state) => setStanding(state, id, standing, because, now)),
    setPresent(name, id, present) {
      const state = stateOf(name);
      const missing = new Set(state.missing);
      if (present) missing.delete(id);
      else missing.add(id);
      states.set(name, { ...state, missing });
    },
    inGrace: (name, now) => graceUntil(stateOf(name), now) !== null,
    graceUntil: (name, now) => graceUntil(stateOf(name), now),
    deploying: (name, now) => deploying(stateOf(name), now),
    migrating: (name, now) => migrating(stateOf(name), now),
    setMigration: (name, migration) => states.set(name, { ...stateOf(name), migration }),
    deploy: (name, phase, by, now) =>
      turn(known(targets, name), now, (state, target) => deploy(state, phase, by, now, target.graceMs)),
  };
}

/** A window may be open on a target that no release was seen of. */
function migratingIn(controls: readonly Control[]): string[] {
  const prefix = controlKeys.migration('');
  return controls.flatMap(({ key }) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}

function known(targets: Readonly<Record<string, Target>>, name: string): string {
  if (targets[name] !== undefined) return name;
  throw new RollbackError('NOT_FOUND', `there is no target ${name}: see \`status\` for their names`);
}
