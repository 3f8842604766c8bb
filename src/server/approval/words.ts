import type { QuestionView } from '../../domain/ports/daemon.ts';
import type { Risk } from '../../domain/plan.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';

/** Words for people who have never seen rollbackd. */

/** `2 minutes`, `1 hour 5 minutes`, `40 seconds`; at most two parts. */
export function spelled(ms: number): string {
  let rest = Math.max(0, Math.round(ms / SECOND) * SECOND);
  // Seconds say nothing beside many minutes. Nobody is told of more time than there is.
  if (rest >= 2 * MINUTE) rest = Math.floor(rest / MINUTE) * MINUTE;
  const parts: string[] = [];
  for (const [name, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(counted(count, name));
  }
  return parts.length === 0 ? 'no time' : parts.slice(0, 2).join(' ');
}

const units = [
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
] as const;

/** `1 approver`, `2 approvers`. */
export function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** `12:15 UTC`, with the day in front when it is not the day of `now`. Readers sit in several time zones. */
export function clockTime(at: number, now: number): string {
  const [day, time] = [new Date(at).toISOString().slice(0, 10), new Date(at).toISOString().slice(11, 16)];
  return day === new Date(now).toISOString().slice(0, 10) ? `${time} UTC` : `${day} ${time} UTC`;
}

/** What a risk means for those who use the target. */
export const riskWords: Readonly<Record<Risk, string>> = {
  safe: 'Low risk: nothing is interrupted.',
  disruptive: 'Disruptive: the service may be interrupted for a short time.',
  'destructive-data': 'Destroys data: what is lost cannot be brought back by rollbackd.',
};

/** What happens when nobody answers in time. */
export function otherwiseWords(otherwise: string): string {
  switch (otherwise) {
    case 'rollback':
      return 'it is rolled back as shown here';
    case 'monitor':
      return 'nothing is rolled back; the incident is only watched';
    case 'investigate':
      return 'nothing is rolled back; people are reminded until somebody takes it';
    default:
      return 'nothing is rolled back; rollbackd stops and a person has to take over';
  }
}

/** Whose answer is needed, in one or two sentences. */
export function needsWords({ people, role }: QuestionView['needs']): string {
  const alone = 'Each of them alone can reject it.';
  if (role === 'dba' && people === 1) return 'A DBA decides.';
  if (role === 'dba') return `One DBA has to approve, or ${people} approvers. ${alone}`;
  return people === 1 ? 'One approver decides.' : `${people} approvers have to approve. ${alone}`;
}

/** What an answer says, of the person who gave it. */
export const answerWords = {
  approve: 'approved',
  reject: 'rejected',
  hand_over: 'took it over by hand',
} as const;
