import type { Quantity } from './quantity.ts';

export const severities = ['critical', 'high', 'medium'] as const;
/** Worst first. People read CRITICAL, HIGH, MEDIUM. */
export type Severity = (typeof severities)[number];

/** Negative when `a` is worse than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}

export const modes = ['shadow', 'notify', 'approve', 'auto'] as const;
/** How far the daemon may go by itself, from recording only to acting. The lowest of daemon, target and rule counts. */
export type Mode = (typeof modes)[number];

export type Operator = 'above' | 'below' | 'at_least' | 'at_most';

/**
 * `above 50%`. `above` and `below` are strict; `at_least` and `at_most` include the threshold. A threshold in times is
 * compared with how many times the baseline a value is.
 */
export interface Comparison {
  readonly operator: Operator;
  readonly threshold: Quantity;
  /** Beside a threshold in times: the value itself must be beyond this, too, in the same direction. */
  readonly floor?: Quantity;
}

/** What a threshold in times is compared with: the same query earlier, or over the time before the present release. */
export type Baseline =
  | { readonly offsetMs: number }
  | {
      readonly before: 'deploy';
      /** The median of this long before the present release arrived. */
      readonly windowMs: number;
      readonly test?: DeployTest;
    };

/** When readings since a deployment count as worse than those before it (Mann-Whitney U, Cliff's delta). */
export interface DeployTest {
  /** Two-sided p below which chance does not explain the difference. */
  readonly p: number;
  /** Least size of the effect: |Cliff's delta|, 0 to 1. */
  readonly effect: number;
  /** Least number of readings on either side. */
  readonly samples: number;
}

/** What the incident wants when a level fires. `playbook` replaces the target's own. */
export type Want =
  | { readonly action: 'rollback' | 'ask'; readonly playbook: string | null }
  | { readonly action: 'investigate' | 'monitor' | 'hand_over' };

/** What happens to a question that nobody answered in time. */
export type Otherwise = 'rollback' | 'monitor' | 'investigate' | 'hand_over';

/** How breaching readings are counted: time between adjacent ones, so many in a row, or a share of the last ones. */
export type Counting =
  | { readonly forMs: number }
  | { readonly failures: number }
  | { readonly need: { readonly breaches: number; readonly of: number } };

/** When a level fires. A reading breaches when the comparison holds; without one, when a probe failed. */
export type Condition = { readonly comparison?: Comparison } & Counting;

export interface Level {
  readonly severity: Severity;
  readonly condition: Condition;
  readonly want: Want;
  /** How long people may take to answer a question of this level. */
  readonly withinMs: number;
  readonly otherwise: Otherwise;
  /** Valid only while a deployment of the target is going on. */
  readonly whileDeploying: boolean;
}

/** What an unknown reading is counted as. `hold` is the default: it neither adds nor resets. */
export type UnknownPolicy = 'hold' | 'breach' | 'ok';

/** One rule of a pack, resolved: durations in ms, thresholds parsed, source options validated by their source. */
export interface Rule {
  /** Unique over all packs: `pack/name`. */
  readonly id: string;
  readonly pack: string;
  readonly name: string;
  readonly summary: string;
  readonly runbook: string | null;
  readonly scope: 'target' | 'host';
  readonly everyMs: number;
  /** `all` and `any` are composed of several signals: see `partsOf`. */
  readonly source: { readonly kind: string; readonly options: unknown };
  /** What thresholds in times are compared with. */
  readonly baseline?: Baseline;
  /** Longest range the signal looks back over; readings younger than this after an effect prove nothing. */
  readonly windowMs: number;
  /** Worst first; at least one. */
  readonly levels: readonly Level[];
  readonly recover: { readonly comparison: Comparison; readonly forMs: number } | null;
  readonly onNoData: UnknownPolicy;
  readonly onError: UnknownPolicy;
  readonly blindAfterMs: number;
  readonly mode: Mode;
  /** How recent a change must be to be blamed; null where the runbook orders a rollback whatever changed. */
  readonly blameMs: number | null;
  /** Digest of everything above: a changed rule starts over, unarmed if it breaches at once. */
  readonly digest: string;
}
