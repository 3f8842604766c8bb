import { bannerLines } from '../banner-lines.ts';
import type { Paint } from '../paint.ts';
import { showScreen } from '../show-screen.ts';
import { clockTime } from '../times.ts';
import { fit, padded, cellsOf, withoutStyle } from './cells.ts';
import { footerLines } from './footer-lines.ts';
import { helpLines } from './help-lines.ts';
import { incidentLines } from './incident-lines.ts';
import { entryLines, readingLines } from './passing-lines.ts';
import { shareOut, type Wanted } from './share-out.ts';
import { shownPicture, type WatchState } from './state.ts';
import { targetLines } from './target-lines.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Below this, lines say nothing any more. */
export const leastColumns = 20;

/**
 * The screen, line by line: as many lines as there are rows, none wider than there are columns.
 *
 * @param now our own time, epoch ms
 */
export function frame(
  state: WatchState,
  { columns, rows }: Size,
  now: number,
  paint: Paint,
): readonly string[] {
  if (columns < leastColumns || rows < 3) return filled(['too small'], { columns, rows });
  const screen = { columns, now: now + state.offsetMs, paint };
  const head = [...headLines(state, screen, rows), ...(rows < 16 ? [] : [''])];
  const foot = footerLines(state, screen).slice(-Math.max(1, rows - 2));
  const room = Math.max(0, rows - head.length - foot.length);
  const body = filled(bodyLines(state, screen, room), { columns, rows: room });
  const lines = filled([...head, ...body, ...foot], { columns, rows });
  // A picture that is not the newest looks like one; what is said about it does not.
  return state.lost === null
    ? lines
    : lines.map((line, index) =>
        index < head.length || index >= rows - foot.length ? line : paint.dim(withoutStyle(line)),
      );
}

/** The same without a screen: as long as it is. */
export function picture(state: WatchState, columns: number, now: number, paint: Paint): readonly string[] {
  const screen = { columns: Math.max(columns, leastColumns), now: now + state.offsetMs, paint };
  const all = shareOut(sections(state, screen), Infinity);
  return [...headLines(state, screen, Infinity), '', ...all].map((line) =>
    fit(line, screen.columns).trimEnd(),
  );
}

/** What every part of the screen is made for. */
export interface Screen {
  readonly columns: number;
  /** The daemon's time, epoch ms. */
  readonly now: number;
  readonly paint: Paint;
}

function headLines(state: WatchState, screen: Screen, rows: number): readonly string[] {
  const { columns, now, paint } = screen;
  const { status } = shownPicture(state);
  const left = `${paint.bold(`rollbackd ${status.version}`)}  ${status.environment}  mode ${status.mode}`;
  const paused = state.paused === null ? '' : `${paint.yellow('PAUSED')}  `;
  const right = `${paused}${clockTime(now, now)}`;
  const gap = columns - cellsOf(right);
  const first = gap < 12 ? fit(left, columns) : `${padded(left, gap - 2)}  ${right}`;
  const banners = bannerLines(status, paint);
  const most = Math.max(0, Math.floor((rows - 6) / 3));
  return [first, ...lostLines(state, screen), ...banners.slice(0, most)].map((line) => fit(line, columns));
}

function lostLines({ lost, offsetMs }: WatchState, { now, paint }: Screen): readonly string[] {
  if (lost === null) return [];
  const since = lost.since + offsetMs;
  const seconds = Math.max(0, Math.ceil((lost.retryAt + offsetMs - now) / 1000));
  const retry = seconds === 0 ? 'trying now' : `tries again in ${seconds}s`;
  return [`${paint.alarm(' LOST ')} since ${clockTime(since, now)}, ${retry}: ${lost.reason}`];
}

function bodyLines(state: WatchState, screen: Screen, room: number): readonly string[] {
  if (state.view === 'help') return helpLines(screen.paint);
  if (state.view === 'details') return detailLines(state, screen, room);
  return shareOut(sections(state, screen), room);
}

function detailLines(state: WatchState, { columns, now, paint }: Screen, room: number): readonly string[] {
  const { incident, status } = shownPicture(state);
  if (incident === null) return [paint.dim(`${state.selected ?? 'nothing'} has not been read yet`)];
  const lines = showScreen(incident, { status: { ...status, now }, paint, width: columns });
  const from = Math.max(0, Math.min(state.scroll, lines.length - room));
  const shown = lines.slice(from, from + room);
  const left = lines.length - from - room;
  return left > 0 ? [...shown.slice(0, -1), paint.dim(`… ${left + 1} more lines: j or ↓`)] : shown;
}

/** The parts in the order in which they stand, and how much they need before others get anything. */
function sections(state: WatchState, screen: Screen): readonly Wanted[] {
  return [
    { lines: incidentLines(state, screen), first: 1, end: 'keep-start' },
    { lines: targetLines(state, screen), first: 2, end: 'keep-start' },
    { lines: readingLines(state, screen), first: 4, end: 'keep-end' },
    { lines: entryLines(state, screen), first: 3, end: 'keep-end' },
  ];
}

function filled(lines: readonly string[], { columns, rows }: Size): readonly string[] {
  const shown = lines.slice(0, rows).map((line) => fit(line, columns));
  return [...shown, ...Array.from({ length: Math.max(0, rows - shown.length) }, () => '')];
}
