import type { Decision, Outcome } from '../domain/incident.ts';
import type { Unit } from '../domain/quantity.ts';
import type { Operator, Severity, Want } from '../domain/rule.ts';
import type { Deploy } from './deploys.ts';
import type { PlotSamples } from './plot-samples.ts';
import type { Score } from './score.ts';
import type { Sensitivity } from './sensitivity.ts';

/** A level from its first breaching reading to its end. */
export interface Firing {
  /** First breaching reading of the run. */
  readonly since: number;
  readonly firedAt: number;
  /** null: it still fired at the end of the history. */
  readonly endedAt: number | null;
  /** false: the rule was not trusted yet, and decided nothing. */
  readonly armed: boolean;
  /** What was read when it fired. */
  readonly detail: string;
}

export interface Band {
  readonly from: number;
  readonly to: number;
}

/** What one level did on one subject. */
export interface LevelReport {
  readonly severity: Severity;
  /** `above 50% for 1m`. */
  readonly condition: string;
  readonly wants: Want['action'];
  /** null where it has no threshold of its own. */
  readonly threshold: { readonly operator: Operator; readonly value: number; readonly unit: Unit } | null;
  readonly firings: readonly Firing[];
  /** Breaches that did not fire, and the beginning of those that did. */
  readonly pending: readonly Band[];
  /** How long readings breached, whether or not it fired, in ms. */
  readonly breachedMs: number;
  readonly firingMs: number;
  readonly firingsPerWeek: number;
  /** null where no deployment of the target is known to be bad. */
  readonly score: Score | null;
  readonly sensitivity: Sensitivity | null;
}

/** What one rule did on one subject. */
export interface TrackReport {
  readonly rule: string;
  readonly summary: string;
  readonly subject: string;
  readonly stepMs: number;
  /** Readings that the history should have. */
  readonly slots: number;
  readonly verdicts: Readonly<Record<'known' | 'no_data' | 'error' | 'insufficient' | 'never_seen', number>>;
  /** Share of the readings that were unknown, whatever the reason. */
  readonly unknownShare: number;
  /** Share of the slots for which the history holds data at all. */
  readonly coverage: number;
  /** What the first reading that was no data or an error said; null when there was none. */
  readonly firstTrouble: string | null;
  readonly levels: readonly LevelReport[];
  readonly plot: PlotSamples;
}

/** What the daemon would have made of it. */
export interface IncidentReport {
  readonly target: string;
  readonly severity: Severity;
  readonly rule: string;
  readonly breachedAt: number | null;
  readonly detectedAt: number;
  readonly decidedAt: number | null;
  /** The first decision; null when none was taken. */
  readonly decision:
    | (Pick<Decision, 'action' | 'wanted' | 'reason'> & {
        /** What the guards said: `blame: shop has not changed within the last 24h`. */
        readonly objections: readonly string[];
      })
    | null;
  /** When a rollback would have begun; null when none would have. */
  readonly rollbackAt: number | null;
  /** From which release to which: `v2 → v1`. */
  readonly rollback: string | null;
  readonly approved: boolean;
  /** null: still open at the end of the history. */
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
}

/** A rule that was not replayed, and why. */
export interface NotReplayed {
  readonly rule: string;
  readonly reason: string;
}

/** What a backtest found. */
export interface Report {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly environment: string;
  /** What was assumed because the history does not say it. */
  readonly assumptions: readonly string[];
  readonly notReplayed: readonly NotReplayed[];
  readonly deploys: readonly Deploy[];
  /** How long after a deployment a firing counts as its doing, in ms. */
  readonly withinMs: number;
  readonly tracks: readonly TrackReport[];
  readonly incidents: readonly IncidentReport[];
  /** Of what would have rolled back by itself, per target with known-bad deployments. */
  readonly score: Readonly<Record<string, Score>>;
}
