import type { Decision } from './incident.ts';
import type { Labels } from './labels.ts';
import type { LevelView, RuleView } from './ports/daemon.ts';
import type { Mode } from './rule.ts';

/** One series of a part of a query, and its value at the instant. */
export interface ExplainedSeries {
  readonly labels: Labels;
  /** As Prometheus writes it: `0.25`, `NaN`, `+Inf`. */
  readonly value: string;
}

/** A part of a query with what it evaluated to. */
export interface ExplainedPart {
  readonly text: string;
  /** 0 for the whole query. */
  readonly depth: number;
  /** Those of the subject where the series tell; the largest first, a few at most. */
  readonly series: readonly ExplainedSeries[];
  /** How many more there are. */
  readonly more: number;
  /** Why it has no value; null when it was evaluated. */
  readonly problem: string | null;
}

/** One query of a signal. */
export interface ExplainedQuery {
  /** `query`, `bad`, `total`. */
  readonly title: string;
  readonly parts: readonly ExplainedPart[];
}

/** What a level makes of the reading. */
export interface ExplainedLevel extends LevelView {
  /** Whether the reading breaches this level; null when it says nothing about it. */
  readonly breaches: boolean | null;
  /** What the level makes of the reading where that is not plain: `held: it is being deployed`; null where it is. */
  readonly remark: string | null;
  /** How far the value is from the threshold: `11.5% beyond`, `38% to go`; null without a value or a threshold. */
  readonly distance: string | null;
  /** What would be decided if it fired now; null where nothing decides, or for an instant in the past. For a host: on the target that its incident would open on. */
  readonly decision: Decision | null;
}

/** Why a rule fires on a target, or why not. */
export interface ExplainView {
  readonly rule: string;
  /** The target, or `host:NAME`. */
  readonly subject: string;
  readonly summary: string;
  readonly runbook: string | null;
  readonly source: string;
  /** The instant that is explained, epoch ms. */
  readonly at: number;
  /** False: an instant in the past, read again. */
  readonly now: boolean;
  /** Of the past: the first instant that was read again, epoch ms; what came before is not known here. */
  readonly from: number | null;
  /** When what is explained was read, epoch ms; null when nothing was read yet. */
  readonly readAt: number | null;
  readonly mode: Mode;
  readonly armed: boolean;
  readonly verdict: RuleView['verdict'];
  readonly value: number | null;
  readonly detail: string;
  readonly levels: readonly ExplainedLevel[];
  /** Of PromQL; empty for other sources. */
  readonly queries: readonly ExplainedQuery[];
}
