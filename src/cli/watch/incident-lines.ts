import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { IncidentRow } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';
import { ending, spaced } from '../ending.ts';
import { paintSeverity } from '../paint.ts';
import { distance } from '../times.ts';
import { padded } from './cells.ts';
import { clockLine } from './phase-clocks.ts';
import { flowed } from './flowed.ts';
import type { Screen } from './frame.ts';
import { rowsOf } from './rows.ts';
import { shownPicture, type WatchState } from './state.ts';

/** The incidents that are open; of the selected one its clocks, its question and its steps. */
export function incidentLines(state: WatchState, screen: Screen): readonly string[] {
  const { paint } = screen;
  const shown = shownPicture(state);
  const rows = rowsOf(shown);
  if (rows.length === 0) return [paint.green('no open incidents')];
  return [
    paint.bold('INCIDENTS'),
    ...rows.flatMap((row) => {
      const chosen = row.id === state.selected;
      const line = rowLine(row, chosen, screen);
      const more = chosen && shown.incident?.id === row.id ? aboutLines(shown.incident, screen) : [];
      return [line, ...more];
    }),
  ];
}

function rowLine(row: IncidentRow, chosen: boolean, { columns, now, paint }: Screen): string {
  const { id, severity, target, openedAt, closedAt, reason } = row;
  const long = formatDuration((closedAt ?? now) - openedAt);
  const head = `${chosen ? paint.cyan('▸') : ' '} ${chosen ? paint.bold(id) : id}  ${paintSeverity(paint, severity)}  `;
  const narrow = columns < 60;
  const state = ending(row, paint);
  const short = `${head}${paint.bold(target)}  ${state}  ${long}`;
  return narrow ? short : `${short}  ${reason}`;
}

function aboutLines(incident: IncidentView, screen: Screen): readonly string[] {
  return [
    ...questionLines(incident, screen).map((line) => `    ${line}`),
    ...clockLine(incident, screen).map((line) => `    ${line}`),
    ...stepLines(incident, screen).map((line) => `    ${line}`),
  ];
}

function questionLines({ question, plan }: IncidentView, { columns, now, paint }: Screen): readonly string[] {
  if (question?.state !== 'open') return [];
  const { dueAt, otherwise, needs, answers } = question;
  const who = needs.people === 1 ? `one ${needs.role}` : `${needs.people} ${needs.role}s`;
  const given = answers.map(({ by, answer }) => `${by} said ${spaced(answer)}`);
  const way =
    plan === null ? '' : ` ${plan.from?.name ?? 'unknown'} → ${plan.to?.name ?? 'none'}, ${plan.risk}`;
  return flowed(
    [
      paint.yellow(`ASKS: roll back?${way}`),
      `${paint.yellow(`answer ${distance(dueAt, now)}`)}, otherwise ${spaced(otherwise)}`,
      [`needs ${who}`, ...given].join('; '),
      `${paint.bold('a')} approve  ${paint.bold('r')} reject  ${paint.bold('o')} hand over`,
    ],
    columns - 4,
  );
}

/** Each step as it stands: done, running for so long, or to come. */
function stepLines({ plan, effects, question }: IncidentView, { now, paint }: Screen): readonly string[] {
  if (plan === null || (effects.length === 0 && question?.state !== 'open')) return [];
  return plan.steps.map((step, index) => {
    const own = effects.filter((effect) => effect.step === index);
    const last = own.toSorted((a, b) => (a.startedAt ?? a.intentAt) - (b.startedAt ?? b.intentAt)).at(-1);
    const number = padded(String(index + 1), 2);
    if (last === undefined) return `${paint.dim('·')} ${number}${paint.dim(step)}`;
    const took = last.startedAt === null ? '' : formatDuration((last.endedAt ?? now) - last.startedAt);
    const said = last.purpose === 'apply' ? step : `${last.purpose}: ${step}`;
    return `${signs[last.state].paint(paint)} ${number}${said}  ${took}${last.state === 'failed' ? `  ${paint.red(last.detail)}` : ''}`;
  });
}

const signs = {
  intent: { paint: (paint) => paint.cyan('▹') },
  started: { paint: (paint) => paint.cyan('▸') },
  done: { paint: (paint) => paint.green('✓') },
  failed: { paint: (paint) => paint.red('✗') },
  unknown: { paint: (paint) => paint.red('?') },
} as const satisfies Record<
  IncidentView['effects'][number]['state'],
  { readonly paint: (paint: Screen['paint']) => string }
>;
