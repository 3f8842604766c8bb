import type { Finding, Plan } from '../plan.ts';
import type { Playbook } from '../playbook.ts';
import type { Release } from '../release.ts';
import type { Target } from '../target.ts';

export interface PlanRequest {
  readonly incident: string;
  readonly target: Target;
  readonly playbook: Playbook;
  readonly from: Release | null;
  readonly to: Release | null;
  /** Everything that is known of the target's releases: what runs with which schema. */
  readonly releases?: readonly Release[];
  readonly at: number;
}

/** A plan, or why there cannot be one. A plan whose findings refuse is not a plan. */
export type Planned =
  | { readonly plan: Plan; readonly refusal: null }
  | {
      readonly plan: null;
      readonly refusal: string;
      readonly findings: readonly Finding[];
      /** True: nothing refuses it but facts that could not be read just now. */
      readonly passing?: boolean;
    };

/** Resolves a playbook against the facts. Reads; changes nothing. */
export interface Planner {
  build(request: PlanRequest, signal: AbortSignal): Promise<Planned>;
  /** Whether any step goes to an older release, so that one is needed. */
  needsRelease(playbook: Playbook): boolean;
}
