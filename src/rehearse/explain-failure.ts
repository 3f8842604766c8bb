import { formatDuration } from '../domain/time.ts';
import { levelsOf, type Difference } from './compare.ts';
import type { Film, RuleFrame } from './film.ts';
import type { Failure } from './judge-test.ts';
import type { Expectation } from './rule-test.ts';

/** Readings shown before and after the instant in question. */
const around = { before: 3, after: 2 };
/** Entries of the journal shown, the last ones up to the instant in question. */
const mostEntries = 6;

/** What was expected when, what came, and what led up to it; one string a line. */
export function explainFailure(failure: Failure, film: Film, startAt: number): readonly string[] {
  const { expectation, differences, at } = failure;
  return [
    headline(failure, startAt),
    ...(differences.length === 0 ? came(expectation) : differenceLines(differences)),
    ...readingLines(failure, film, startAt),
    ...entryLines(expectation, film, { at, startAt }),
  ];
}

/** What is expected, as a person would say it. */
export function nameExpectation({ timing, rule, target }: Expectation): string {
  const about = [
    ...(rule === null ? [] : [`${rule.rule} on ${rule.subject}`]),
    ...(target === null ? [] : [target.target]),
  ];
  return `${timing.when} ${time(timing.ms)}: ${[...new Set(about)].join(', ')}`;
}

function headline({ expectation, at }: Failure, startAt: number): string {
  const { when, ms } = expectation.timing;
  const name = nameExpectation(expectation);
  if (when === 'at' || at - startAt === ms) return name;
  return when === 'never'
    ? `${name}: it came at ${time(at - startAt)}`
    : `${name}: nearest at ${time(at - startAt)}`;
}

/** What should never have come. */
function came({ rule, target }: Expectation): string[] {
  const { rule: _id, subject: _subject, ...ofRule } = rule ?? { rule: '', subject: '' };
  const { target: _target, ...ofTarget } = target ?? { target: '' };
  const written = Object.entries({ ...ofRule, ...ofTarget }).filter(([, wanted]) => wanted !== null);
  const words: Readonly<Record<string, string>> = { rolledBackTo: 'rolled_back_to', phases: 'phase' };
  return [
    `  came: ${written.map(([what, wanted]) => `${words[what] ?? what} ${String(wanted)}`).join(', ')}`,
  ];
}

function differenceLines(differences: readonly Difference[]): string[] {
  const width = Math.max(...differences.map(({ what }) => what.length));
  const expected = Math.max(...differences.map((one) => one.expected.length));
  return differences.map(
    (one) => `  ${one.what.padEnd(width)}  expected ${one.expected.padEnd(expected)}  got ${one.got}`,
  );
}

function readingLines({ expectation, at }: Failure, film: Film, startAt: number): string[] {
  const { rule } = expectation;
  if (rule === null) return [];
  const frames = film.ruleFrames(rule.rule, rule.subject);
  if (frames.length === 0) return [`  ${rule.rule} was never read on ${rule.subject}`];
  const last = frames.findLastIndex((frame) => frame.at <= at);
  const shown = frames.slice(Math.max(0, last - around.before), last + 1 + around.after);
  const current = frames[last];
  return ['  readings:', ...table(shown.map((frame) => readingCells(frame, frame === current, startAt)))];
}

function readingCells(frame: RuleFrame, isCurrent: boolean, startAt: number): string[] {
  const { view } = frame;
  const levels = levelsOf(frame);
  const progress = view.levels.map((level) => level.progress).filter((text) => text !== '');
  const unarmed = view.armed ? '' : ', unarmed';
  return [
    isCurrent ? '  >' : '   ',
    time(frame.at - startAt),
    view.verdict,
    view.detail,
    `${levels}${progress.length === 0 ? '' : ` (${progress.join(', ')})`}${unarmed}`,
  ];
}

function entryLines(
  { target, rule }: Expectation,
  film: Film,
  { at, startAt }: { readonly at: number; readonly startAt: number },
): string[] {
  const name = target?.target ?? rule?.subject;
  const entries = film.entries.filter(
    (entry) => entry.at <= at && entry.target === name && isTelling(entry.type),
  );
  if (entries.length === 0) return target === null ? [] : ['  nothing was journaled of it'];
  return [
    '  journal:',
    ...table(entries.slice(-mostEntries).map((entry) => ['   ', time(entry.at - startAt), entry.message])),
  ];
}

/** What says nothing about why it was decided so, and how it ended. */
const quiet: ReadonlySet<string> = new Set([
  'effect.intent',
  'effect.started',
  'plan.built',
  'budget.charged',
  'rollback.settling',
  'rollback.confirming',
]);

function isTelling(type: string): boolean {
  return !quiet.has(type);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** `0s`, `5m30s`: since the beginning of the test. */
export function time(ms: number): string {
  return ms === 0 ? '0s' : formatDuration(ms);
}
