import type { Effect } from '../domain/effect.ts';
import type { IncidentView } from '../domain/ports/daemon.ts';
import { formatDuration } from '../domain/time.ts';
import { columns } from './columns.ts';
import type { Paint } from './paint.ts';
import { findingLines, planHead } from './plan-lines.ts';
import { clockTime } from './times.ts';

/** The plan, each step with what came of it and how long it took. */
export function rollbackLines({ plan, effects }: IncidentView, now: number, paint: Paint): string[] {
  if (plan === null) return [];
  const [head = '', ...releases] = planHead(plan, paint);
  const rows = plan.steps.flatMap((step, index) => {
    const attempts = effects.filter((effect) => effect.step === index);
    if (attempts.length === 0) return [[String(index + 1), paint.dim('not started'), '', '', step]];
    return attempts.map((effect) => effectRow(effect, step, now, paint));
  });
  return [
    head.replace(/^.*?PLAN\S* +/, ''),
    ...releases.map((line) => line.slice(2)),
    ...columns(rows),
    ...findingLines(plan, paint).map((line) => line.slice(2)),
    ...(plan.refusal === null ? [] : [`${paint.red('refused')}  ${plan.refusal}`]),
  ];
}

function effectRow(effect: Effect, step: string, now: number, paint: Paint): string[] {
  const { purpose, state, startedAt, endedAt, detail } = effect;
  const what = purpose === 'apply' ? step : `${purpose}: ${step}`;
  return [
    String(effect.step + 1),
    paint[stateStyle[state]](state),
    startedAt === null ? '' : clockTime(startedAt, now),
    startedAt === null ? '' : formatDuration((endedAt ?? now) - startedAt),
    detail === '' ? what : `${what} (${detail})`,
  ];
}

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
export function verificationLines({ journal, marks }: IncidentView, now: number, paint: Paint): string[] {
  const told = journal.filter(({ type }) => verifying.test(type));
  const rows = told.map(({ at, message }) => [clockTime(at, now), message]);
  if (marks.verifiedAt !== null) rows.push([clockTime(marks.verifiedAt, now), paint.green('verified')]);
  return columns(rows);
}
