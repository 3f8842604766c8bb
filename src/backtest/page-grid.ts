import { formatQuantity } from '../domain/quantity.ts';
import { formatDuration } from '../domain/time.ts';
import { markup, type Markup } from '../domain/markup.ts';
import type { LevelReport } from './report.ts';
import type { Cell } from './sensitivity.ts';

/** So many are needed to look hot: two or three in a month are no heat. */
const leastHot = 12;

/** How often a level would fire with other thresholds and another `for`, as a heat map with the numbers in it. */
export function gridOf({ sensitivity, threshold, severity }: LevelReport): readonly Markup[] {
  if (sensitivity === null || threshold === null) return [];
  const { thresholds, forsMs, cells } = sensitivity;
  const most = Math.max(leastHot, ...cells.flat().map(troubleOf));
  const operator = threshold.operator.replace('_', ' ');
  const head = forsMs.map((ms) => markup`<th scope="col">for ${formatDuration(ms)}</th>`);
  const rows = cells.map((row, index) => {
    const value = formatQuantity(thresholds[index] ?? 0, threshold.unit);
    return markup`<tr><th scope="row">${operator} ${value}</th>${row.map((cell) => cellOf(cell, most))}</tr>`;
  });
  return [
    markup`<table class="grid"><caption><span class="level ${severity}">${severity.toUpperCase()}</span> firings by threshold and for${scoredAs(cells.flat())}</caption><thead><tr><th></th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  ];
}

/** What nobody wants: firings that were wrong, and deployments that were missed; where nobody knows, all firings. */
function troubleOf({ firings, score }: Cell): number {
  return score === null ? firings : score.firings - score.right + score.bad - score.found;
}

function scoredAs(cells: readonly Cell[]): string {
  return cells.some(({ score }) => score !== null) ? '; right of fired · found of bad' : '';
}

function cellOf(cell: Cell, most: number): Markup {
  const { firings, firingMs, present, score } = cell;
  // The eye tells few from none better than many from more.
  const heat = Math.sqrt(troubleOf(cell) / most).toFixed(2);
  const words = `${firings === 1 ? '1 firing' : `${firings} firings`}, ${formatDuration(firingMs)} in all${score === null ? '' : `; ${score.right} of ${score.firings} right, ${score.found} of ${score.bad} found`}${present ? '; the present setting' : ''}`;
  const scored =
    score === null
      ? []
      : [markup`<small>${score.right}/${score.firings} · ${score.found}/${score.bad}</small>`];
  return markup`<td${present ? markup` class="present"` : ''} style="--heat:${heat}" title="${words}">${firings}${scored}</td>`;
}
