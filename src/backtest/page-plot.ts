import { formatQuantity, type Unit } from '../domain/quantity.ts';
import { markup, type Markup } from '../domain/markup.ts';
import type { Deploy } from './deploys.ts';
import type { PlotSamples } from './plot-samples.ts';
import type { Band, LevelReport, TrackReport } from './report.ts';
import { minuteOf, roundValues, ticksOf } from '../domain/axis.ts';

/** In units of the picture, which is as wide as the page. */
const width = 1_200;
const left = 84;
const right = 12;
const top = 16;
const height = 190;
const bottom = 22;
const inner = width - left - right;
/** The strip of a level, below the plot. */
const stripHeight = 6;
/** Pixels that share a hover text. */
const hoverPixels = 8;

interface Axes {
  readonly fromMs: number;
  readonly toMs: number;
  readonly low: number;
  readonly high: number;
  readonly unit: Unit;
}

/** A track as a picture: its values between the least and the greatest of each pixel, thresholds, bands and deploys. */
export function plotOf(track: TrackReport, deploys: readonly Deploy[]): Markup {
  const { plot, levels } = track;
  const axes = axesOf(track);
  const own = deploys.filter(({ target }) => target === track.subject);
  const parts = [
    ...unknownBands(plot).map((band) => bandOf(band, axes, 'unknown', 'nothing known')),
    ...levels.flatMap((level) => levelBands(level, axes)),
    ...levels.flatMap((level, place) => stripOf(level, axes, top + height + 5 + place * stripHeight)),
    ...yTicks(axes),
    ...xTicks(axes, top + height + levels.length * stripHeight),
    markup`<path class="area" d="${areaOf(plot, axes)}"/>`,
    ...thresholds(levels, axes),
    ...own.flatMap((deploy) => deployMark(deploy, axes)),
    ...hovers(plot, axes),
  ];
  return markup`<svg class="plot" viewBox="0 0 ${width} ${top + height + levels.length * stripHeight + bottom}" role="img" aria-label="${track.rule} on ${track.subject}"><rect class="frame" x="${left}" y="${top}" width="${inner}" height="${height}"/>${parts}</svg>`;
}

/** Where an instant lies from left to right. */
export function placeOf(at: number, { fromMs, toMs }: Pick<Axes, 'fromMs' | 'toMs'>): number {
  const share = (at - fromMs) / Math.max(1, toMs - fromMs);
  return rounded(left + Math.min(1, Math.max(0, share)) * inner);
}

function axesOf({ plot, levels }: TrackReport): Axes {
  const thresholds = levels.flatMap(({ threshold }) => (threshold === null ? [] : [threshold]));
  const values = [...plot.least, ...plot.greatest, ...thresholds.map(({ value }) => value)].filter(
    Number.isFinite,
  );
  const [least, greatest] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity] as const,
  );
  const [low, high] = least > greatest ? [0, 1] : [least, greatest];
  const spread = high - low || Math.abs(high) || 1;
  // What is near to nothing is shown from nothing on.
  const floor = low >= 0 && low < high / 2 ? 0 : low - spread * 0.08;
  return {
    fromMs: plot.fromMs,
    toMs: plot.toMs,
    low: floor,
    high: high + spread * 0.08,
    unit: thresholds[0]?.unit ?? 'number',
  };
}

function heightOf(value: number, { low, high }: Axes): number {
  const share = (value - low) / (high - low);
  return rounded(top + height - Math.min(1, Math.max(0, share)) * height);
}

/** A shape for every run of pixels with values: along the greatest, and back along the least. */
function areaOf({ least, greatest }: PlotSamples, axes: Axes): string {
  const step = inner / least.length;
  const runs: string[] = [];
  let there: string[] = [];
  let back: string[] = [];
  const end = (): void => {
    if (there.length > 0) runs.push(`M${there.join('L')}L${back.toReversed().join('L')}Z`);
    [there, back] = [[], []];
  };
  for (let pixel = 0; pixel < least.length; pixel++) {
    const [low, high] = [least[pixel] ?? Number.NaN, greatest[pixel] ?? Number.NaN];
    if (Number.isNaN(low)) {
      end();
      continue;
    }
    const x = rounded(left + (pixel + 0.5) * step);
    there.push(`${x} ${heightOf(high, axes)}`);
    back.push(`${x} ${heightOf(low, axes)}`);
  }
  end();
  return runs.join('');
}

function unknownBands({ unknown, known, fromMs, toMs }: PlotSamples): readonly Band[] {
  const at = (pixel: number): number => fromMs + (pixel / known.length) * (toMs - fromMs);
  const bands: Band[] = [];
  let since: number | null = null;
  for (let pixel = 0; pixel <= known.length; pixel++) {
    const blind = pixel < known.length && (unknown[pixel] ?? 0) > 0 && known[pixel] === 0;
    if (blind) since ??= pixel;
    else if (since !== null) {
      bands.push({ from: at(since), to: at(pixel) });
      since = null;
    }
  }
  return bands;
}

/** What fired, and the pending time before it; breaches that came to nothing are in the strip. */
function levelBands({ severity, condition, firings }: LevelReport, axes: Axes): readonly Markup[] {
  const name = severity.toUpperCase();
  return firings.flatMap(({ firedAt, endedAt, detail, since, armed }) => {
    const before = { from: since, to: firedAt };
    const band = { from: firedAt, to: endedAt ?? axes.toMs };
    const trusted = armed ? '' : ', not armed yet';
    const words = `${name} fires, ${spanOf(band)}, breaching since ${minuteOf(since).slice(11)}: ${detail}, ${condition}${trusted}`;
    return [
      ...(firedAt > since
        ? [bandOf(before, axes, 'pending', `${name} pending, ${spanOf(before)}: ${condition}`)]
        : []),
      bandOf(band, axes, `firing ${severity}`, words),
    ];
  });
}

/** Everything that was pending or fired, along the time: the more of a pixel, the stronger. */
function stripOf({ severity, pending, firings }: LevelReport, axes: Axes, y: number): readonly Markup[] {
  const fired = firings.map(({ firedAt, endedAt }) => ({ from: firedAt, to: endedAt ?? axes.toMs }));
  const words = `${severity.toUpperCase()}: pending, and firing`;
  const marks = [
    ...strokes(pending, axes, y).map(
      ([path, strength]) => markup`<path class="strip pending ${strength}" d="${path}"/>`,
    ),
    ...strokes(fired, axes, y).map(([path]) => markup`<path class="strip ${severity}" d="${path}"/>`),
  ];
  return marks.length === 0 ? [] : [markup`<g><title>${words}</title>${marks}</g>`];
}

/** Lines over the pixels that bands touch, apart for those that they barely touch. */
function strokes(bands: readonly Band[], axes: Axes, y: number): readonly (readonly [string, string])[] {
  const covered = new Float64Array(inner);
  const pixelMs = (axes.toMs - axes.fromMs) / inner;
  for (const { from, to } of bands) {
    const [first, last] = [from, Math.max(from, to - 1)].map((at) =>
      Math.floor((at - axes.fromMs) / pixelMs),
    );
    for (let pixel = Math.max(0, first ?? 0); pixel <= Math.min(inner - 1, last ?? 0); pixel++) {
      const startsAt = axes.fromMs + pixel * pixelMs;
      covered[pixel] = (covered[pixel] ?? 0) + Math.min(to, startsAt + pixelMs) - Math.max(from, startsAt);
    }
  }
  const strengths = [...covered].map((ms) => (ms <= 0 ? '' : ms < pixelMs * 0.25 ? 'faint' : 'strong'));
  return ['faint', 'strong'].flatMap((strength) => {
    const path = runsOf(strengths, strength).map(({ from, count }) => `M${left + from} ${y}h${count}`);
    return path.length === 0 ? [] : [[path.join(''), strength] as const];
  });
}

/** Where the same stands several times in a row. */
function runsOf(
  all: readonly string[],
  wanted: string,
): readonly { readonly from: number; readonly count: number }[] {
  const runs: { from: number; count: number }[] = [];
  for (const [place, one] of all.entries()) {
    const last = runs.at(-1);
    if (one !== wanted) continue;
    if (last !== undefined && last.from + last.count === place) last.count += 1;
    else runs.push({ from: place, count: 1 });
  }
  return runs;
}

function bandOf({ from, to }: Band, axes: Axes, kind: string, words: string): Markup {
  const [start, end] = [placeOf(from, axes), placeOf(to, axes)];
  // Even the shortest band can be seen.
  return markup`<rect class="band ${kind}" x="${start}" y="${top}" width="${rounded(Math.max(1.5, end - start))}" height="${height}"><title>${words}</title></rect>`;
}

/** Labels that would lie on each other are moved apart, the higher threshold above. */
function thresholds(levels: readonly LevelReport[], axes: Axes): readonly Markup[] {
  let free = Infinity;
  return levels
    .flatMap(({ severity, threshold, condition }) =>
      threshold === null ? [] : [{ severity, condition, threshold }],
    )
    .toSorted((a, b) => a.threshold.value - b.threshold.value)
    .flatMap(({ severity, condition, threshold }) => {
      const y = heightOf(threshold.value, axes);
      const label = `${severity.toUpperCase()} ${condition}`;
      const labelled = Math.max(top + 11, Math.min(y - 4, free));
      free = labelled - 13;
      return [
        markup`<path class="threshold ${severity}" d="M${left} ${y}H${width - right}"><title>${label}</title></path>`,
        markup`<text class="label ${severity}" x="${left + 6}" y="${rounded(labelled)}">${label}</text>`,
      ];
    });
}

function deployMark({ at, release, bad }: Deploy, axes: Axes): readonly Markup[] {
  if (at < axes.fromMs || at > axes.toMs) return [];
  const x = placeOf(at, axes);
  const kind = bad === true ? ' bad' : '';
  const words = `${release} deployed at ${minuteOf(at)}${bad === true ? ', known to be bad' : ''}`;
  return [
    markup`<path class="deploy${kind}" d="M${x} ${top}V${top + height}"><title>${words}</title></path>`,
    markup`<path class="mark${kind}" d="M${x} ${top}l-5 -9h10z"><title>${words}</title></path>`,
  ];
}

/** A label in the middle of its tick would be cut off at the right edge. */
export function anchorAt(at: number, span: { readonly toMs: number }): 'middle' | 'end' {
  return at >= span.toMs ? 'end' : 'middle';
}

function xTicks(axes: Axes, under: number): readonly Markup[] {
  return ticksOf(axes, 12).flatMap(({ at, label }) => {
    const x = placeOf(at, axes);
    return [
      markup`<path class="tick" d="M${x} ${top}V${under + 5}"/>`,
      markup`<text x="${x}" y="${under + 17}" text-anchor="${anchorAt(at, axes)}">${label}</text>`,
    ];
  });
}

function yTicks(axes: Axes): readonly Markup[] {
  return roundValues(axes).flatMap((value) => {
    const y = heightOf(value, axes);
    return [
      markup`<path class="tick" d="M${left} ${y}h${inner}"/>`,
      markup`<text x="${left - 8}" y="${y + 4}" text-anchor="end">${formatQuantity(value, axes.unit)}</text>`,
    ];
  });
}

/** What was read where the pointer is, several pixels at a time. */
function hovers({ least, greatest, known, fromMs, toMs }: PlotSamples, axes: Axes): readonly Markup[] {
  const step = Math.max(1, Math.round((hoverPixels * least.length) / inner));
  const parts: Markup[] = [];
  for (let pixel = 0; pixel < least.length; pixel += step) {
    const lows = least.subarray(pixel, pixel + step).filter(Number.isFinite);
    if (lows.length === 0 || !known.subarray(pixel, pixel + step).some((count) => count > 0)) continue;
    const low = Math.min(...lows);
    const high = Math.max(...greatest.subarray(pixel, pixel + step).filter(Number.isFinite));
    const [from, to] = [pixel, pixel + step].map((one) => fromMs + (one / least.length) * (toMs - fromMs));
    const values = low === high ? [low] : [low, high];
    const words = `${minuteOf(from ?? 0)}: ${values.map((value) => formatQuantity(value, axes.unit)).join(' to ')}`;
    const [x, end] = [placeOf(from ?? 0, axes), placeOf(to ?? 0, axes)];
    parts.push(
      markup`<rect class="hover" x="${x}" y="${top}" width="${rounded(end - x)}" height="${height}"><title>${words}</title></rect>`,
    );
  }
  return parts;
}

function spanOf({ from, to }: Band): string {
  const end = minuteOf(to);
  return `${minuteOf(from)} to ${end.slice(0, 10) === minuteOf(from).slice(0, 10) ? end.slice(11) : end}`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
