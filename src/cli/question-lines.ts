import type { QuestionView } from '../domain/ports/daemon.ts';
import { spaced } from './ending.ts';
import type { Paint } from './paint.ts';
import { timeAndDistance } from './times.ts';

/** A question: until when, who, and the exact commands that answer it. An answered one is one line. */
export function questionLines(
  { incident, question }: { readonly incident: string; readonly question: QuestionView },
  now: number,
  paint: Paint,
): string[] {
  const { planDigest, dueAt, otherwise, needs, answers, state, halted } = question;
  const given = answers.map(({ by, answer, at }) => `${by} said ${answer} ${timeAndDistance(at, now)}`);
  if (state !== 'open') return [[state, ...given].join('; ')];
  return [
    `${paint.yellow(`answer until ${timeAndDistance(dueAt, now)}`)}, otherwise ${spaced(otherwise)}`,
    `needs ${people(needs)}${given.length === 0 ? '' : `; ${given.join('; ')}`}`,
    halted === null
      ? `yes: ${paint.bold(`rollbackd approve ${incident} --plan ${planDigest}`)}`
      : `yes: not while nothing may start: ${halted}; ${paint.bold('rollbackd unhalt')} lifts it`,
    `no:  ${paint.bold(`rollbackd reject ${incident} --plan ${planDigest}`)}`,
  ];
}

function people({ people, role }: QuestionView['needs']): string {
  if (role === 'dba') return people > 1 ? `one dba, or ${people} approvers` : 'one dba';
  return people === 1 ? 'one approver' : `${people} approvers`;
}
