import { formatQuantity } from '../domain/quantity.ts';
import { formatDuration } from '../domain/time.ts';
import { aligned, plain, type Ink } from './ink.ts';
import type { LevelReport, Report } from './report.ts';
import type { Cell } from './sensitivity.ts';

/** The grids of all levels that have one: firings, and precision and recall where they are known. */
export function gridLines({ tracks }: Report, ink: Ink): readonly string[] {
  return tracks.flatMap(({ rule, subject, levels }) =>
    levels.flatMap((level) => {
      const lines = linesOf(level, ink);
      if (lines.length === 0) return [];
      const name = `${plain(rule)} on ${plain(subject)}, ${level.severity.toUpperCase()}`;
      return ['', `${ink.bold(name)}: firings by threshold and for; [present setting]`, ...lines];
    }),
  );
}

function linesOf({ sensitivity, threshold }: LevelReport, ink: Ink): readonly string[] {
  if (sensitivity === null || threshold === null) return [];
  const operator = threshold.operator.replace('_', ' ');
  const head = ['', ...sensitivity.forsMs.map((ms) => `for ${formatDuration(ms)}`)].map(ink.dim);
  const rows = sensitivity.cells.map((cells, row) => [
    ink.dim(`${operator} ${formatQuantity(sensitivity.thresholds[row] ?? 0, threshold.unit)}`),
    ...cells.map((cell) => (cell.present ? ink.bold(`[${cellText(cell)}]`) : ` ${cellText(cell)} `)),
  ]);
  return aligned([head, ...rows]);
}

function cellText({ firings, score }: Cell): string {
  if (score === null) return String(firings);
  return `${firings} (${score.right}/${score.firings} right, ${score.found}/${score.bad} found)`;
}
