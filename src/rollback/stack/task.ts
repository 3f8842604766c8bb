import type { Compose } from '../../clients/compose/compose.ts';
import { readStackRecord, type StackRecord } from '../../clients/compose/record.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import type { StackTarget } from '../../domain/target.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { DockerParts } from '../docker/task.ts';

/** Memory of the host that an engine runs on. */
export interface HostMemory {
  /** What programs could take without swapping, as Linux estimates it. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What the drivers of stacks work with; the memory is null where the engine is on another host. */
export interface StackParts extends DockerParts {
  readonly compose: Compose;
  readonly hostMemory: () => HostMemory | null;
}

/** How long each part of a rollout may take, in ms, and how much is done at one time. */
export interface Pace {
  readonly stopGraceMs: number;
  readonly healthyWithinMs: number;
  readonly steadyMs: number;
  readonly startFirst: boolean;
  /** How many services may run twice at one time while they are started first; null: as memory allows. */
  readonly atOnce: number | null;
}

/** One way of a stack to a recorded release, on behalf of one effect. */
export interface Rollout {
  readonly step: Step;
  readonly stack: StackTarget;
  readonly opId: string;
  /** What people call where it leads: `release r-0a1b2c3d4e5f`. */
  readonly towards: string;
  /** Of the release, for the label; empty where it leads to none that is known. */
  readonly release: string;
  readonly record: StackRecord;
  /** Services that are replaced whatever they are like, and no others; null: those that are not as recorded. */
  readonly only: readonly string[] | null;
  /** True: what the effect did is taken back. */
  readonly undo: boolean;
  readonly pace: Pace;
}

/** The stack of the step's target. Rejects with `PLAN_REFUSED` when it has none. */
export function stackOf({ kind, target }: Step): StackTarget {
  if (target.stack !== null) return target.stack;
  throw new RollbackError(
    'PLAN_REFUSED',
    `${kind} cannot be planned: the target ${target.name} has no stack`,
  );
}

/** The recorded specification of a release, or why there is none that can be used. */
export function recordedStack(
  release: Release | null,
  vault: Vault,
): StackRecord | { readonly problem: string } {
  if (release === null || release.sealed === null)
    return {
      problem: `no specification was recorded for release ${release?.id ?? 'none'}: while it ran, the files of the project did not say what ran`,
    };
  try {
    const record = readStackRecord(vault.open(release.sealed));
    return record ?? { problem: `the specification of release ${release.id} is of another kind or version` };
  } catch (error) {
    if (error instanceof RollbackError) return { problem: error.message };
    throw error;
  }
}

/** The way to a recorded release; a problem where nothing was recorded. */
export function rolloutTo(
  release: Release | null,
  { vault }: Pick<StackParts, 'vault'>,
  given: Pick<Rollout, 'step' | 'opId' | 'undo' | 'pace'>,
): Rollout | { readonly problem: string } {
  const record = recordedStack(release, vault);
  if ('problem' in record) return record;
  const id = release?.id ?? '';
  return { ...given, stack: stackOf(given.step), towards: `release ${id}`, release: id, record, only: null };
}
