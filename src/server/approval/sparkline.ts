import { markup, type Markup } from '../../domain/markup.ts';
import type { SeriesView } from '../../domain/ports/daemon.ts';
import { clockTime } from './words.ts';

const width = 320;
const height = 72;
const most = 160;

type Readings = SeriesView['readings'];
type Point = { readonly at: number; readonly value: number };

/** What was read, as a small picture: a line with its threshold, or a mark for each probe. null: nothing to draw. */
export function sparkline({ readings, levels }: SeriesView, now: number): Markup | null {
  const points = readings.flatMap(({ at, value }) =>
    value === null || !Number.isFinite(value) ? [] : [{ at, value }],
  );
  const threshold = levels.find((level) => level.threshold !== null)?.threshold ?? null;
  if (points.length >= 2) return withScale(lineOf(thinned(points), threshold), points, now);
  const probes = readings.filter(({ verdict }) => verdict !== 'value').slice(-40);
  return probes.length < 2 ? null : withScale(marksOf(probes), probes, now);
}

function withScale(picture: Markup, points: readonly { readonly at: number }[], now: number): Markup {
  const [first, last] = [points[0]?.at ?? now, points.at(-1)?.at ?? now];
  return markup`${picture}<p class="scale soft small" aria-hidden="true"><span>${clockTime(first, now)}</span><span>${clockTime(last, now)}</span></p>`;
}

function lineOf(points: readonly Point[], threshold: number | null): Markup {
  const place = placing(points, threshold);
  const line = points.map(({ at, value }) => `${place.x(at)} ${place.y(value)}`).join('L');
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return markup``;
  const limit =
    threshold === null ? '' : markup`<path class="threshold" d="M0 ${place.y(threshold)}H${width}"/>`;
  const spoken =
    threshold === null ? 'The readings over time' : 'The readings over time, and their threshold';
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${spoken}"><path class="area" d="M${place.x(first.at)} ${height}L${line}L${place.x(last.at)} ${height}Z"/><path class="line" d="M${line}"/>${limit}<circle class="last" cx="${place.x(last.at)}" cy="${place.y(last.value)}" r="4"/></svg>`;
}

/** Where a reading lies. The threshold is always in the picture, and small values are shown from nothing on. */
function placing(points: readonly Point[], threshold: number | null) {
  const values = [...points.map(({ value }) => value), ...(threshold === null ? [] : [threshold])];
  const [least, greatest] = [Math.min(...values), Math.max(...values)];
  const low = least >= 0 && least < greatest / 2 ? 0 : least;
  const [start, end] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const share = (value: number, from: number, to: number): number =>
    to === from ? 0.5 : (value - from) / (to - from);
  return {
    x: (at: number): number => rounded(4 + share(at, start, end) * (width - 8)),
    y: (value: number): number => rounded(height - 6 - share(value, low, greatest) * (height - 12)),
  };
}

/** Of many readings the greatest and the least of each stretch stay: a peak is not lost. */
function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= most) return points;
  const size = Math.ceil((points.length * 2) / most);
  const kept: Point[] = [];
  for (let from = 0; from < points.length; from += size) {
    const stretch = points.slice(from, from + size).toSorted((a, b) => a.value - b.value);
    const ends = [stretch[0], stretch.at(-1)].filter((point) => point !== undefined);
    kept.push(...new Set(ends.toSorted((a, b) => a.at - b.at)));
  }
  return kept;
}

function marksOf(probes: Readings): Markup {
  const step = width / probes.length;
  const size = rounded(Math.min(6, step / 2.6));
  const marks = probes.map(({ verdict }, index) => {
    const x = rounded((index + 0.5) * step);
    if (verdict === 'passed') return markup`<circle class="passed" cx="${x}" cy="12" r="${size}"/>`;
    const side = rounded(size * 1.8);
    const [left, top] = [rounded(x - side / 2), rounded(12 - side / 2)];
    return markup`<rect class="${verdict === 'failed' ? 'failed' : 'unknown'}" x="${left}" y="${top}" width="${side}" height="${side}"/>`;
  });
  const failed = probes.filter(({ verdict }) => verdict === 'failed').length;
  return markup`<svg viewBox="0 0 ${width} 24" role="img" aria-label="${failed} of the last ${probes.length} probes failed">${marks}</svg>`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
