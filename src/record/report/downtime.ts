import type { IncidentView } from '../../domain/ports/daemon.ts';
import { isRequest, leadOf } from './course.ts';

/** How long the service was degraded, as far as readings tell. */
export interface Downtime {
  readonly fromMs: number;
  /** null: it is not known to be over. */
  readonly toMs: number | null;
  /** Which two instants these are, to follow "from". */
  readonly words: string;
}

/**
 * From the first breaching reading of the leading level to the verification of the rollback, or to the recovery of that
 * level where nothing was rolled back. Where a person asked, from the request on: nobody measured since when it was bad.
 */
export function downtimeOf(incident: IncidentView): Downtime {
  const { marks, openedAt } = incident;
  const asked = isRequest(incident);
  const fromMs = asked ? openedAt : (marks.breachedAt ?? openedAt);
  const begin = asked ? 'the request' : 'the first breaching reading of the leading level';
  const recoveredAt = leadOf(incident)?.recoveredAt ?? null;
  const end = marks.verifiedAt ?? recoveredAt;
  const word = marks.verifiedAt === null ? 'its recovery' : 'the verification of the rollback';
  if (end === null) return { fromMs, toMs: null, words: `${begin}; it is not known to be over` };
  return { fromMs, toMs: Math.max(fromMs, end), words: `${begin} to ${word}` };
}
