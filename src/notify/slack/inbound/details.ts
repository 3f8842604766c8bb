import type { IncidentView, PlanView, StatusView } from '../../../domain/ports/daemon.ts';
import type { IncidentRow } from '../../../domain/ports/store.ts';
import { formatDuration } from '../../../domain/time.ts';
import { inertLine } from '../../inert.ts';

/** `2026-01-05 12:15:00 UTC`: readers sit in several time zones. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const lastEntries = 10;
const mostRows = 20;

/** An incident for one who asks: what is wrong, what is done about it, what is asked, and what happened last. */
export function incidentLines(incident: IncidentView): readonly string[] {
  const { levels, question, plan, byHand, journal, marks } = incident;
  return [
    rowLine(incident),
    `why: ${inertLine(incident.reason, 500)}`,
    ...(marks.breachedAt === null ? [] : [`since: ${utc(marks.breachedAt)}`]),
    ...levels
      .slice(0, 5)
      .map(({ rule, detail, condition }) => inertLine(`${rule}: ${detail}, threshold ${condition}`, 300)),
    ...(plan === null ? [] : planLines(plan)),
    ...(question === null ? [] : questionLines(question)),
    ...byHand.slice(0, 10).map((command) => inertLine(`by hand: ${command}`, 400)),
    'what happened last:',
    ...journal.slice(-lastEntries).map(({ at, message }) => inertLine(`${utc(at)} ${message}`, 250)),
  ];
}

/** A plan in words. */
export function planLines({ from, to, risk, steps, playbook, digest }: PlanView): readonly string[] {
  return [
    inertLine(
      `plan ${digest}: ${playbook}, ${from?.name ?? 'unknown'} → ${to?.name ?? 'none'}, ${risk}`,
      400,
    ),
    ...steps.slice(0, 10).map((step, index) => inertLine(`${index + 1}. ${step}`, 200)),
    ...(steps.length > 10 ? [`… and ${steps.length - 10} more`] : []),
  ];
}

/** One line an incident. */
export function rowLine({ id, severity, target, state, openedAt }: IncidentRow): string {
  return inertLine(
    `${id} ${severity.toUpperCase()} ${target}: ${state.replaceAll('_', ' ')}, opened ${utc(openedAt)}`,
    300,
  );
}

/** The daemon for one who asks. */
export function statusLines({
  mode,
  environment,
  halted,
  blind,
  targets,
  open,
}: StatusView): readonly string[] {
  return [
    inertLine(`${environment}, mode ${mode}${halted === null ? '' : `, HALTED: ${halted}`}`, 400),
    ...(blind.length === 0 ? [] : [inertLine(`cannot see: ${blind.join(', ')}`, 300)]),
    ...targets
      .slice(0, mostRows)
      .map(({ name, current, lastGood }) =>
        inertLine(
          `${name}: runs ${current?.name ?? 'unknown'}, ${lastGood === null ? 'no way back' : `could go back to ${lastGood.name}`}`,
          200,
        ),
      ),
    ...(targets.length > mostRows ? [`… and ${targets.length - mostRows} more targets`] : []),
    open.length === 0 ? 'no open incidents' : `${open.length} open:`,
    ...open.slice(0, mostRows).map(rowLine),
  ];
}

function questionLines({
  state,
  dueAt,
  askedAt,
  otherwise,
  needs,
  answers,
}: NonNullable<IncidentView['question']>) {
  const people = needs.people > 1 ? `, ${needs.people} people` : '';
  const deadline =
    state === 'open'
      ? `asked ${utc(askedAt)}, answer within ${formatDuration(dueAt - askedAt)}, until ${utc(dueAt)}, otherwise ${otherwise.replaceAll('_', ' ')}`
      : `the question is ${state}`;
  return [
    inertLine(`question: ${deadline}; takes the role ${needs.role}${people}`, 400),
    ...answers.map(({ by, answer, at }) =>
      inertLine(`${answer.replaceAll('_', ' ')} by ${by}, ${utc(at)}`, 200),
    ),
  ];
}
