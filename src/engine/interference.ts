import { controlKeys, type RolledBack } from '../domain/controls.ts';
import type { ReleaseEvent } from '../domain/ports/releases.ts';
import { nameRelease, type Component, type Release } from '../domain/release.ts';
import { HOUR } from '../domain/time.ts';
import type { Book } from './book.ts';
import type { Moves } from './moves.ts';
import type { Parts } from './parts.ts';
import type { Turn } from './turn.ts';

/** A rollback's mark, with what became of it. */
type Mark = RolledBack & {
  /** How often somebody put back what was replaced. */
  readonly returns?: number;
  /** Who did, and what to do about it. */
  readonly undoneBy?: string;
};

type Changed = Extract<ReleaseEvent, { event: 'changed' }>;

/**
 * Somebody put back what a rollback had replaced. A tool that does so would do it again, so it is not fought: while
 * the rollback is being verified it ends at once, and within an hour of it the next incident is handed over.
 */
export function noticeUndone(turn: Turn, flow: Moves, event: Changed): void {
  if (event.opId !== null || event.to === null) return;
  const { target, to, manager } = event;
  const open = flow.book.on(target);
  const plan = open?.incident.context.plan ?? null;
  if (open !== null && plan?.to !== null && plan?.from?.id === to.id) {
    const reason = wordUndone(manager ?? 'somebody', to, plan.to, 'while it was being verified');
    flow.rollback(turn, open, { type: 'undone', at: turn.at, reason });
  }
  const key = controlKeys.rolledBack(target);
  const mark = flow.book.control<Mark>(key);
  if (mark === null || to.id !== mark.from || turn.at - mark.at > HOUR) return;
  const returns = (mark.returns ?? 0) + 1;
  const who = manager ?? (returns > 1 ? 'somebody' : null);
  if (who === null) return turn.control(key, { ...mark, returns });
  const wanted = flow.parts.releases.list(target).find(({ id }) => id === mark.to);
  const undoneBy = wordUndone(who, to, wanted ?? mark.to, 'within an hour of the rollback');
  turn.control(key, { ...mark, returns, undoneBy });
}

/** Who put back what runs now after a rollback of ours, and what to do about it; null when nobody did. */
export function interferenceOn({ releases }: Parts, book: Book, target: string): string | null {
  const mark = book.control<Mark>(controlKeys.rolledBack(target));
  if (mark?.undoneBy === undefined) return null;
  return releases.current(target)?.id === mark.from ? mark.undoneBy : null;
}

function wordUndone(who: string, back: Release, wanted: Release | string, when: string): string {
  const pin = typeof wanted === 'string' ? wanted : wanted.components.flatMap(pinOf).join(' and ');
  return `${who} put ${nameRelease(back)} back ${when}; pin ${pin} there first`;
}

/** What to write where the tool reads it; a configuration or a schema has no name that a tool would know. */
function pinOf({ kind, value, digests = [] }: Component): string[] {
  return kind === 'config' || kind === 'schema' ? [] : [`${kind} ${digests[0] ?? value}`];
}
