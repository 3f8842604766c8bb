import { formatQuantity } from '../../domain/quantity.ts';
import { markup, type Markup } from '../../domain/markup.ts';
import type { Plot } from './document.ts';
import { axesOf, frame, heightOf, placeOf, rounded, xTicks, yTicks, type Axes } from './plot-axes.ts';
import { marksOf, placeMarks, roomFor } from './plot-marks.ts';
import { utc } from './course.ts';
import { wordReadings } from './word-readings.ts';

type Reading = Plot['series']['readings'][number];

const stripHeight = 34;

/** The readings of one rule over the incident, with its thresholds and what happened meanwhile. */
export function plotOf(plot: Plot): Markup {
  const { rule, subject, summary, levels, readings } = plot.series;
  const placed = placeMarks(plot);
  const axes = axesOf(plot, roomFor(placed));
  const isProbe = readings.every(({ value }) => value === null);
  const height = isProbe ? stripHeight : frame.height;
  const parts = [
    ...unknownBands(readings, axes, height),
    ...(isProbe ? [] : yTicks(axes)),
    ...xTicks(axes, height),
    ...(isProbe ? probeBars(readings, axes) : valueLine(readings, axes)),
    ...(isProbe ? [] : thresholdLines(plot, axes)),
    ...marksOf(placed, axes, height),
  ];
  const inner = frame.width - frame.left - frame.right;
  const limits = levels.map(
    ({ severity, condition }) =>
      markup`<span class="state ${severity}">${severity.toUpperCase()}</span> ${condition} `,
  );
  const probe = isProbe ? 'A probe: low bars passed, high bars failed. ' : '';
  return markup`<figure class="plot"><figcaption><b>${rule}</b> on ${subject}${summary === '' ? '' : markup` <span class="soft">${summary}</span>`}<br>${limits}<span class="soft">${probe}${wordReadings(plot)}</span></figcaption><div class="scroll"><svg viewBox="0 0 ${frame.width} ${axes.top + height + frame.bottom}" role="img" aria-label="readings of ${rule} on ${subject}"><rect class="frame" x="${frame.left}" y="${axes.top}" width="${inner}" height="${height}"/>${parts}</svg></div></figure>`;
}

/** From each unknown reading to the one after it. */
function unknownBands(readings: readonly Reading[], axes: Axes, height: number): readonly Markup[] {
  return readings.flatMap(({ at, verdict, detail }, index) => {
    if (verdict !== 'unknown') return [];
    const [x, end] = [placeOf(at, axes), placeOf(readings[index + 1]?.at ?? at, axes)];
    return [
      markup`<rect class="unknown" x="${x}" y="${axes.top}" width="${Math.max(2, rounded(end - x))}" height="${height}"><title>${utc(at)}: nothing known: ${detail}</title></rect>`,
    ];
  });
}

/** A line that is broken where nothing is known, and a dot for each reading while they are few. */
function valueLine(readings: readonly Reading[], axes: Axes): readonly Markup[] {
  const runs: string[][] = [[]];
  for (const { at, value } of readings) {
    if (value === null || !Number.isFinite(value)) runs.push([]);
    else runs.at(-1)?.push(`${placeOf(at, axes)} ${heightOf(value, axes)}`);
  }
  const path = runs
    .filter((run) => run.length > 0)
    .map((run) => `M${run.join('L')}${run.length === 1 ? 'h0.1' : ''}`)
    .join('');
  const dots = readings.flatMap(({ at, value, detail }) =>
    value === null || !Number.isFinite(value)
      ? []
      : [
          markup`<circle class="dot" cx="${placeOf(at, axes)}" cy="${heightOf(value, axes)}" r="${readings.length <= 80 ? 2.2 : 1.2}"><title>${utc(at)}: ${detail}</title></circle>`,
        ],
  );
  return [markup`<path class="line" d="${path}"/>`, ...dots];
}

/** Failed probes stand high and passed ones low, so that it can be read without colours. */
function probeBars(readings: readonly Reading[], axes: Axes): readonly Markup[] {
  const step = (frame.width - frame.left - frame.right) / Math.max(1, readings.length);
  const width = rounded(Math.min(6, Math.max(1, step * 0.5)));
  const bottom = axes.top + stripHeight;
  return readings.flatMap(({ at, verdict, detail }) => {
    if (verdict === 'unknown') return [];
    const tall = verdict === 'failed' ? stripHeight - 4 : 8;
    return [
      markup`<rect class="probe ${verdict}" x="${rounded(placeOf(at, axes) - width / 2)}" y="${bottom - tall}" width="${width}" height="${tall}"><title>${utc(at)}: ${verdict}: ${detail}</title></rect>`,
    ];
  });
}

/** Labels that would lie on each other are moved apart, the higher threshold above. */
function thresholdLines({ series }: Plot, axes: Axes): readonly Markup[] {
  let free = Infinity;
  return series.levels
    .flatMap(({ severity, threshold }) =>
      threshold === null || !Number.isFinite(threshold) ? [] : [{ severity, threshold }],
    )
    .toSorted((a, b) => a.threshold - b.threshold)
    .map(({ severity, threshold }) => {
      const y = heightOf(threshold, axes);
      const label = `${severity.toUpperCase()} ${formatQuantity(threshold, axes.unit)}`;
      const labelled = Math.max(axes.top + 11, Math.min(y - 4, free));
      free = labelled - 13;
      return markup`<path class="threshold ${severity}" d="M${frame.left} ${y}H${frame.width - frame.right}"/><text class="threshold ${severity}" x="${frame.left + 6}" y="${rounded(labelled)}">${label}</text>`;
    });
}
