import type { DataTally } from '../data-integrity.ts';
import type { LedgerRow, RtoPhase } from './store.ts';

/** How fast incidents were ended, and whether that gets better. */
export interface RtoView {
  readonly incidents: number;
  readonly rows: readonly LedgerRow[];
  /** What became of the records that steps replaced, over all rows; null where no data was replaced. */
  readonly data: DataTally | null;
  /** By phase: median and 95th percentile in ms, share within objective, and the change of the median, newer half against older half. */
  readonly summary: Readonly<
    Record<
      RtoPhase,
      {
        readonly medianMs: number | null;
        readonly p95Ms: number | null;
        readonly withinObjective: number | null;
        readonly trendMs: number | null;
      }
    >
  >;
}
