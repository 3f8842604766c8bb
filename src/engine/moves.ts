import type { ApprovalEvent } from '../../state-machines/approval.machine.ts';
import type { IncidentEvent } from '../../state-machines/incident.context.ts';
import type { RollbackEvent } from '../../state-machines/rollback.context.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import type { Parts } from './parts.ts';
import type { Turn } from './turn.ts';

/** What may be done to a case within a turn by whoever follows a state: each event leads to the next state and its rows. */
export interface Moves {
  readonly parts: Parts;
  readonly book: Book;
  incident(turn: Turn, open: Case, event: IncidentEvent): void;
  /** Nothing happens when no question was ever asked. */
  approval(turn: Turn, open: Case, event: ApprovalEvent): void;
  /** Nothing happens when no rollback ever began. */
  rollback(turn: Turn, open: Case, event: RollbackEvent): void;
  /** Writes the effect that is due, and the end. */
  followRollback(turn: Turn, open: Case): void;
}
