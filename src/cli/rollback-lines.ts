import type { Effect } from '../domain/effect.ts';
import type { IncidentView } from '../domain/ports/daemon.ts';
import { formatDuration } from '../domain/time.ts';
import { fitted } from './columns.ts';
import type { Paint } from './paint.ts';
import { findingLines, planHead, stepTexts } from './plan-lines.ts';
import { clockTime } from './times.ts';

/** How a part of a screen is painted, and how wide that screen is. */
interface Place {
  readonly paint: Paint;
  readonly width: number;
}

/** How far the parts of a screen stand in under their titles. */
const indent = 2;

/** The plan: from which release to which, its steps, and what preflight found. */
export function planLines({ plan }: IncidentView, { paint, width }: Place): string[] {
  if (plan === null) return [];
  const [head = '', ...rest] = [
    ...planHead(plan, paint),
    ...stepTexts(plan.steps, width),
    ...findingLines(plan, paint, width),
  ];
  return [
    head.replace(/^.*?PLAN\S* +/, ''),
    ...rest.map((line) => line.slice(2)),
    ...(plan.refusal === null ? [] : [`${paint.red('refused')}  ${plan.refusal}`]),
  ];
}

/** What was done so far, in the order in which it was: when, for how long, which step, and what came of it. */
export function effectLines({ effects }: IncidentView, now: number, { paint, width }: Place): string[] {
  const inOrder = effects.toSorted((a, b) => (a.startedAt ?? a.intentAt) - (b.startedAt ?? b.intentAt));
  return fitted(
    inOrder.map((effect) => effectRow(effect, now, paint)),
    width - indent,
  );
}

function effectRow(effect: Effect, now: number, paint: Paint): string[] {
  const { step, kind, purpose, state, startedAt, intentAt, endedAt, detail } = effect;
  const took = startedAt === null ? '' : formatDuration((endedAt ?? now) - startedAt);
  return [
    clockTime(startedAt ?? intentAt, now),
    took,
    `${purposes[purpose]}step ${step + 1}`,
    paint[stateStyle[state]](stateWord[state]),
    detail === '' ? kind : `${kind}: ${detail}`,
  ];
}

const purposes = { apply: '', undo: 'undo ', release: 'release ' } as const satisfies Record<
  Effect['purpose'],
  string
>;

const stateWord = {
  done: 'done',
  failed: 'failed',
  unknown: 'unknown',
  intent: 'due',
  started: 'running',
} as const satisfies Record<Effect['state'], string>;

const stateStyle = {
  done: 'green',
  failed: 'red',
  unknown: 'red',
  intent: 'cyan',
  started: 'cyan',
} as const satisfies Record<Effect['state'], keyof Paint>;

/** Journal entries that tell of settling, phases and checks. */
const verifying = /^(?:phase\.|rollback\.(?:settling|confirming|inconclusive|ended)$)/;

/** How far the verification came. */
export function verificationLines(
  { journal, marks }: IncidentView,
  now: number,
  { paint, width }: Place,
): string[] {
  const told = journal.filter(({ type }) => verifying.test(type));
  const rows = told.map(({ at, message }) => [clockTime(at, now), message]);
  if (marks.verifiedAt !== null) rows.push([clockTime(marks.verifiedAt, now), paint.green('verified')]);
  return fitted(rows, width - indent);
}
