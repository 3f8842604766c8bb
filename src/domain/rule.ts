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

/** `above 50%`. `above` and `below` are strict; `at_least` and `at_most` include the threshold. */
export interface Comparison {
  readonly operator: Operator;
  readonly threshold: Quantity;
}

/** What the incident wants when a level fires. `playbook` replaces the target's own. */
export type Want =
  | { readonly action: 'rollback' | 'ask'; readonly playbook: string | null }
  | { readonly action: 'investigate' | 'monitor' | 'hand_over' };

/** What happens to a question that nobody answered in time. */
export type Otherwise = 'rollback' | 'monitor' | 'investigate' | 'hand_over';

/** A condition on readings: a comparison that must hold for `forMs`, or `failures` consecutive failed probes. */
export type Condition =
  { readonly comparison: Comparison; readonly forMs: number } | { readonly failures: number };

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
  readonly source: { readonly kind: string; readonly options: unknown };
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
