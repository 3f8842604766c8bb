import { RollbackError } from '../../domain/errors.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import { sleep } from '../../domain/ports/clock.ts';
import { formatDuration, MINUTE, SECOND } from '../../domain/time.ts';
import { fitted } from '../columns.ts';
import type { CliContext } from '../command.ts';
import { printable } from '../printable.ts';
import { clockTime } from '../times.ts';

/** How often the daemon is asked how far it is. */
const everyMs = 500;
/** A daemon that is started anew meanwhile goes on with it: it is waited for this long. */
const patienceMs = 2 * MINUTE;

/** How a rollback ended, as it was seen. */
export interface Followed {
  readonly view: IncidentView;
  readonly verified: boolean;
}

/**
 * Shows what is journaled of an incident until its rollback has ended, or waits for somebody else than a person's answer.
 *
 * @throws RollbackError `DAEMON_UNREACHABLE` when the daemon went away and stayed away
 */
export async function followRollback(context: CliContext, id: string, many: boolean): Promise<Followed> {
  const { clock, signal, progress, json, whenCutShort } = context;
  whenCutShort(() => `nothing: ${id} goes on in the daemon; rollbackd show ${id}`);
  const shown: Shown = { seq: 0, asked: false };
  let goneSince: number | null = null;
  try {
    for (;;) {
      const view = await look(context, id);
      const now = clock.now();
      goneSince = view === null ? (goneSince ?? now) : null;
      if (goneSince !== null && now - goneSince > patienceMs) throw gone(id);
      if (view !== null && !json) tell(context, view, shown, many);
      if (view !== null && isOver(view)) return { view, verified: view.outcome === 'rolled_back' };
      if (!many)
        progress?.(view === null ? 'the daemon does not answer; waiting for it' : working(view, now));
      await sleep(clock, everyMs, signal);
      if (signal.aborted) throw new RollbackError('ABORTED', `stopped watching; ${id} goes on in the daemon`);
    }
  } finally {
    progress?.('');
  }
}

/** null while the daemon does not answer. */
async function look(context: CliContext, id: string): Promise<IncidentView | null> {
  try {
    const view = await context.api().incident(id);
    if (view !== null) return view;
  } catch (error) {
    if (error instanceof RollbackError && ['DAEMON_UNREACHABLE', 'TIMED_OUT'].includes(error.code))
      return null;
    throw error;
  }
  throw new RollbackError('NOT_FOUND', `there is no incident ${id} any more`);
}

function gone(id: string): RollbackError {
  return new RollbackError(
    'DAEMON_UNREACHABLE',
    `the daemon has not answered for ${formatDuration(patienceMs)}; ${id} goes on once it runs again`,
  );
}

/** It ended, it is a person's, or nothing is done about it any more. */
function isOver({ outcome, state }: IncidentView): boolean {
  return outcome !== null || ['halted', 'monitoring', 'investigating'].includes(state);
}

interface Shown {
  seq: number;
  asked: boolean;
}

function tell(context: CliContext, view: IncidentView, shown: Shown, many: boolean): void {
  const lines = [...newLines(context, view, shown, many), ...waitingLines(view, shown)];
  // They would be written behind what stands on the line.
  if (lines.length > 0) context.progress?.('');
  for (const line of lines) context.out(line);
}

/** What was journaled since the last look. That a step is due says nothing to people: next comes that it started. */
function newLines(
  { clock, width }: CliContext,
  { journal, target }: IncidentView,
  shown: Shown,
  many: boolean,
): string[] {
  const fresh = printable(journal).filter(({ seq }) => seq > shown.seq);
  shown.seq = fresh.at(-1)?.seq ?? shown.seq;
  const who = many ? `${printable(target)}: ` : '';
  const told = fresh.filter(({ type }) => type !== 'effect.intent');
  return fitted(
    told.map(({ at, message }) => [clockTime(at, clock.now()), who + message]),
    width,
  );
}

/** Who has to say what, once. */
function waitingLines({ state, question, id }: IncidentView, shown: Shown): string[] {
  if (state !== 'asking' || question === null || shown.asked) return [];
  shown.asked = true;
  const { needs, planDigest, answers } = question;
  const left = needs.people - answers.filter(({ answer }) => answer === 'approve').length;
  const who =
    needs.role === 'dba' ? `a DBA, or ${left} more of those who may approve,` : 'somebody who may approve';
  return [`waits for ${who} to say: rollbackd approve ${printable(id)} --plan ${printable(planDigest)}`];
}

function working({ state, openedAt, target }: IncidentView, now: number): string {
  const passed = Math.max(0, Math.round((now - openedAt) / SECOND) * SECOND);
  return printable(`${target}: ${state.replaceAll('_', ' ')}, ${formatDuration(passed)}`);
}
