import type { Compose } from '../../clients/compose/compose.ts';
import { readStackRecord, type StackRecord } from '../../clients/compose/record.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Release } from '../../domain/release.ts';
import type { StackTarget } from '../../domain/target.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { DockerParts } from '../docker/task.ts';

/** What the drivers of stacks work with. */
export interface StackParts extends DockerParts {
  readonly compose: Compose;
}

/** How long each part of a rollout may take, in ms. */
export interface Pace {
  readonly stopGraceMs: number;
  readonly healthyWithinMs: number;
  readonly steadyMs: number;
  readonly startFirst: boolean;
}

/** One way of a stack to a recorded release, on behalf of one effect. */
export interface Rollout {
  readonly step: Step;
  readonly stack: StackTarget;
  readonly opId: string;
  readonly release: Release;
  readonly record: StackRecord;
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
