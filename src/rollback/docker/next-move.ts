import type { PlaceNames } from '../../clients/docker/marks.ts';
import type { Stand } from './stand.ts';

/** One call, or the end. `old` is the container that is replaced, `made` the one that replaces it. */
export type Move =
  | { readonly do: 'create' }
  | { readonly do: 'connect'; readonly network: string }
  | { readonly do: 'hold_down' | 'stop' | 'start'; readonly which: 'old' | 'made' }
  | { readonly do: 'rename'; readonly which: 'old' | 'made'; readonly to: string }
  | { readonly do: 'restore_policy' }
  | { readonly do: 'await_health' }
  | { readonly do: 'end'; readonly as: 'done' | 'put_back' };

/** What this run has found out, and need not ask again. Losing it in a crash costs a question, never a mistake. */
export interface Progress {
  readonly proven: boolean;
  /** Why the rollback is taken back; null while it goes forward. */
  readonly failure: string | null;
  readonly oldStarted: boolean;
}

export const noProgress: Progress = { proven: false, failure: null, oldStarted: false };

/**
 * The next call of a rollback, from where it stands:
 *
 *   stop first   create · connect · hold down old · stop old · old steps aside · made steps in · start made · healthy?
 *   start first  create · connect · start made · healthy? · hold down old · stop old · old steps aside · made steps in
 *   taken back   made steps aside · hold down made · stop made · old steps in · its restart policy · start old
 *
 * "Hold down" is restart policy `no`: an engine that restarts must not bring back what was stopped. That `made` has
 * stepped aside is what marks, across a crash, that the rollback is being taken back.
 */
export function nextMove(
  stand: Stand,
  progress: Progress,
  task: { readonly name: string; readonly places: PlaceNames; readonly networks: readonly string[] },
): Move {
  const { made } = stand;
  if (made === null) return { do: 'create' };
  if (progress.failure !== null || made.name === task.places.failed) return backward(stand, progress, task);
  const missing = task.networks.find((network) => !(network in made.networks));
  if (made.status === 'created' && missing !== undefined) return { do: 'connect', network: missing };
  if (stand.record?.startFirst === true)
    return bringUp(stand, progress) ?? takePlace(stand, task) ?? { do: 'end', as: 'done' };
  return takePlace(stand, task) ?? bringUp(stand, progress) ?? { do: 'end', as: 'done' };
}

function bringUp({ made }: Stand, { proven }: Progress): Move | null {
  // One that was started and has ended is not started again: that it ended is the answer.
  if (made?.status === 'created') return { do: 'start', which: 'made' };
  return proven ? null : { do: 'await_health' };
}

function takePlace(
  { made, old }: Stand,
  { name, places }: { name: string; places: PlaceNames },
): Move | null {
  if (old !== null && old.name === name) {
    if (old.restartPolicy.name !== 'no') return { do: 'hold_down', which: 'old' };
    if (old.up) return { do: 'stop', which: 'old' };
    return { do: 'rename', which: 'old', to: places.replaced };
  }
  return made?.name === name ? null : { do: 'rename', which: 'made', to: name };
}

function backward(
  { made, old, record }: Stand,
  { oldStarted }: Progress,
  { name, places }: { name: string; places: PlaceNames },
): Move {
  if (made !== null && made.name !== places.failed) return { do: 'rename', which: 'made', to: places.failed };
  if (made !== null && made.restartPolicy.name !== 'no') return { do: 'hold_down', which: 'made' };
  if (made?.up === true) return { do: 'stop', which: 'made' };
  if (old === null || record === null) return { do: 'end', as: 'put_back' };
  if (old.name === places.replaced) return { do: 'rename', which: 'old', to: name };
  const { restart } = record;
  const { name: policy, maximumRetryCount } = old.restartPolicy;
  if (policy !== restart.name || maximumRetryCount !== restart.maximumRetryCount)
    return { do: 'restore_policy' };
  if (record.up && !old.up && !oldStarted) return { do: 'start', which: 'old' };
  return { do: 'end', as: 'put_back' };
}
