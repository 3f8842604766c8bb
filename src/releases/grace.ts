import { controlKeys, type Deploy } from '../domain/controls.ts';
import type { Json } from '../domain/json.ts';
import type { Migration } from '../domain/migration.ts';
import type { Control } from '../domain/ports/store.ts';
import { HOUR } from '../domain/time.ts';
import type { Whole } from './facets.ts';
import type { TargetState, Turned } from './target-state.ts';

/** A deployment that nobody ended is over after this time. */
export const longestDeployMs = HOUR;

/** Until when breaches of `http` and `docker` do not age; null when they do. */
export function graceUntil(state: TargetState, now: number): number | null {
  return state.graceUntil !== null && now < state.graceUntil ? state.graceUntil : null;
}

/** Whether a deployment is going on: somebody said so, a migration is open, or a release has just left or arrived. */
export function deploying(state: TargetState, now: number): boolean {
  if (state.deploy !== null && now - state.deploy.since < longestDeployMs) return true;
  return migrating(state, now) !== null || graceUntil(state, now) !== null;
}

/** The migration that goes on. */
export function migrating({ migration }: TargetState, now: number): Migration | null {
  return migration !== null && now < migration.until ? migration : null;
}

/** Sets grace, or ends it with null; the controls are those to store, none when nothing changed. */
export function setGrace(
  state: TargetState,
  until: number | null,
): { readonly state: TargetState; readonly controls: readonly Control[] } {
  if (state.graceUntil === until) return { state, controls: [] };
  const value: Json = until === null ? null : { until };
  return {
    state: { ...state, graceUntil: until },
    controls: [{ key: controlKeys.grace(state.name), value }],
  };
}

/**
 * Grace while the same release goes on serving: it begins when the release is told to stop, and is over once the
 * release is healthy, or ended by itself. `until` is when a grace that begins now would be over, null for targets without any.
 */
export function graceWhileServing(
  state: TargetState,
  { healthy, exited, leaving }: Pick<Whole, 'healthy' | 'exited' | 'leaving'>,
  until: number | null,
): number | null {
  if (exited) return null;
  if (leaving) return state.leaving ? state.graceUntil : until;
  return healthy === true ? null : state.graceUntil;
}

/**
 * What `deploy begin` and `deploy end` say. Both begin grace, as seeing a release leave or arrive does; an end finds
 * no grace needed when what runs is already healthy.
 */
export function deploy(
  state: TargetState,
  phase: 'begin' | 'end',
  by: string,
  now: number,
  graceMs: number,
): Turned {
  const deployed: Deploy | null = phase === 'begin' ? { by, since: now } : null;
  const needless = graceMs === 0 || (phase === 'end' && state.running && state.healthy === true);
  const grace = setGrace({ ...state, deploy: deployed }, needless ? null : now + graceMs);
  const value: Json = deployed === null ? null : { by, since: now };
  return {
    state: grace.state,
    change: {
      events: [],
      commit: {
        controls: [{ key: controlKeys.deploy(state.name), value }, ...grace.controls],
        entries: [
          {
            at: now,
            incident: null,
            target: state.name,
            type: `deploy.${phase}`,
            message: `${state.name}: ${by} ${phase === 'begin' ? 'began' : 'ended'} a deployment`,
            facts: { by },
          },
        ],
      },
    },
  };
}

/** Takes up grace, deployments and migrations as they were stored. */
export function restoreControls(state: TargetState, controls: readonly Control[]): TargetState {
  const find = (key: string): Json => controls.find((control) => control.key === key)?.value ?? null;
  const grace = find(controlKeys.grace(state.name)) as { readonly until: number } | null;
  const deployed = find(controlKeys.deploy(state.name)) as unknown as Deploy | null;
  const migration = find(controlKeys.migration(state.name)) as unknown as Migration | null;
  return { ...state, graceUntil: grace?.until ?? null, deploy: deployed, migration };
}
