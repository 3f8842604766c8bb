import type { Message } from '../domain/ports/channel.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import { compose } from '../notify/compose.ts';

/** Transitions that people hear of. The journal and the log hold all of them. */
const told: ReadonlySet<string> = new Set([
  'incident.opened',
  'level.fired',
  'decided',
  'plan.void',
  'plan.refused',
  'question.asked',
  'question.answered',
  'question.expired',
  'question.superseded',
  'question.withdrawn',
  'answer.refused',
  'request.rollback',
  'rollback.begun',
  'rollback.paused',
  'rollback.undoing',
  'rollback.settling',
  'effect.failed',
  'effect.unknown',
  'effect.found',
  'phase.failed',
  'phase.inconclusive',
  'incident.resumed',
  'incident.reminder',
  'incident.acknowledged',
  'incident.handed_over',
  'incident.closed',
  'release.bad_returned',
]);

/** Things of the daemon as a whole that people hear of. */
const announced: ReadonlySet<string> = new Set([
  'halted',
  'unhalted',
  'rule.unarmed',
  'release.bad_returned',
  'clock_jump',
  'config.refused',
  'journal.broken',
  'journal.unverified',
]);

/** A question says why it is asked, so the decision to ask is not told before it. */
function isTold({ type, facts }: NewEntry): boolean {
  return type === 'decided' ? facts['state'] !== 'planning' || facts['action'] !== 'ask' : told.has(type);
}

/** What people are told of a journal entry on one channel; null when it stays in the journal. */
export function tell(entry: NewEntry, incident: IncidentRow | null, channel: string): Message | null {
  if (incident !== null) return isTold(entry) ? compose({ transition: entry, incident, channel }) : null;
  if (!announced.has(entry.type)) return null;
  return {
    key: `${entry.target ?? 'daemon'}/${entry.type}/${entry.at}/${channel}`,
    channel,
    incident: null,
    at: entry.at,
    title: entry.message,
    text: '',
    story: null,
    urgent: entry.type === 'halted' || entry.type === 'journal.broken',
  };
}
