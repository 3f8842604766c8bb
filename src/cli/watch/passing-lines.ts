import { clockTime } from '../times.ts';
import { padded } from './cells.ts';
import type { Screen } from './frame.ts';
import { shownPicture, type SeenReading, type WatchState } from './state.ts';

/** The readings as they go by, newest last: of the target of the selected incident, or of all. */
export function readingLines(state: WatchState, { now, paint, columns }: Screen): readonly string[] {
  const { readings, incident } = shownPicture(state);
  const own = incident === null ? readings : readings.filter(({ subject }) => subject === incident.target);
  if (own.length === 0) return [];
  const title = incident === null ? 'READINGS' : `READINGS of ${incident.target}`;
  return [
    paint.bold(title),
    ...own.slice(-50).map((reading) => {
      const rule = columns < 60 ? reading.rule.slice(reading.rule.indexOf('/') + 1) : reading.rule;
      const where = incident === null ? `${reading.subject}  ` : '';
      return `  ${paint.dim(clockTime(reading.at, now))}  ${verdictWord(reading, paint)}  ${where}${rule}  ${reading.detail}`;
    }),
  ];
}

/** What was journaled last, newest last. */
export function entryLines(state: WatchState, { now, paint, columns }: Screen): readonly string[] {
  const { journal } = shownPicture(state);
  const told = journal.filter(({ type }) => type !== 'effect.intent').slice(-50);
  if (told.length === 0) return [];
  return [
    paint.bold('JOURNAL'),
    ...told.map(({ at, type, message }) => {
      const kind = columns < 80 ? '' : `${paint.dim(padded(type, 20))}  `;
      return `  ${paint.dim(clockTime(at, now))}  ${kind}${message}`;
    }),
  ];
}

function verdictWord({ verdict }: SeenReading, paint: Screen['paint']): string {
  if (verdict === 'ok') return paint.green(padded('ok', 8));
  if (verdict === 'breach') return paint.red(padded('breach', 8));
  return paint.yellow(padded(verdict.replace('_', ' '), 8));
}
