import { digest, type Json } from './json.ts';
import type { Objectives, Verification } from './playbook.ts';
import type { Release } from './release.ts';
import type { Target } from './target.ts';

/**
 * What a repeat of the call meets.
 *
 * - `cas`   the target refuses a repeat
 * - `probe` the target can be asked whether it happened
 * - `blind` neither; in doubt a person decides
 */
export type EffectClass = 'cas' | 'probe' | 'blind';

/** Least first. */
export const risks = ['safe', 'disruptive', 'destructive-data'] as const;
export type Risk = (typeof risks)[number];

/** Stands for the incident of a plan that is only looked at, where its target has none: one that begins now. */
export const dryRunIncident = 'dry-run';

/** One action of a plan, resolved against the facts of one incident. Plain JSON. */
export interface Step {
  readonly index: number;
  readonly incident: string;
  readonly kind: string;
  readonly risk: Risk;
  readonly effect: EffectClass;
  /** Validated by the driver's schema, templates filled in. */
  readonly options: unknown;
  readonly target: Target;
  readonly from: Release | null;
  readonly to: Release | null;
  readonly deadlineMs: number;
  readonly retries: number;
}

/** What is there now, as a driver read it. `identity` changes when what the step would act on has changed. */
export interface StepFacts {
  readonly identity: string;
  readonly detail: Readonly<Record<string, Json>>;
}

/** What preflight found. One `refuse` is enough for the plan not to start. */
export interface Finding {
  readonly level: 'refuse' | 'warn';
  readonly step: number;
  readonly message: string;
}

/** A playbook resolved against the facts of one incident: exact steps, from which release to which. */
export interface Plan {
  readonly incident: string;
  readonly target: string;
  readonly playbook: string;
  readonly otherwisePlaybook: string | null;
  readonly from: Release | null;
  readonly to: Release | null;
  readonly steps: readonly Step[];
  /** One line a step, as a dry run and an approval show them. */
  readonly descriptions: readonly string[];
  readonly findings: readonly Finding[];
  /** `identity` of each step's facts when the plan was built. */
  readonly identities: readonly string[];
  readonly verification: Verification;
  readonly objectives: Objectives;
  readonly builtAt: number;
  readonly digest: string;
}

/** An approval is bound to this: the target, the playbook, both releases, every step, and the facts they act on. */
export function digestPlan(plan: Omit<Plan, 'digest' | 'builtAt' | 'findings'>): string {
  const { target, playbook, from, to, steps, identities } = plan;
  const actions = steps.map(({ kind, options }) => ({ kind, options }));
  return digest({ target, playbook, from: from?.id ?? null, to: to?.id ?? null, actions, identities }).slice(
    0,
    16,
  );
}

/** What the steps do that can destroy data, as descriptions of them: what people have to confirm. */
export function destroying({ steps, descriptions }: Pick<Plan, 'steps' | 'descriptions'>): readonly string[] {
  return descriptions.filter((_, index) => steps[index]?.risk === 'destructive-data');
}

/** The worst risk of any step. */
export function riskOf(steps: readonly Pick<Step, 'risk'>[]): Risk {
  if (steps.some(({ risk }) => risk === 'destructive-data')) return 'destructive-data';
  return steps.some(({ risk }) => risk === 'disruptive') ? 'disruptive' : 'safe';
}
