import { markup, type Markup } from '../../domain/markup.ts';
import type { Marks } from '../../domain/incident.ts';
import { formatDuration } from '../../domain/time.ts';

const width = 760;
const barHeight = 26;

interface Stretch {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Where the time went: the phases beside each other, as long as they took. */
export function phaseBar(marks: Marks): Markup {
  const stretches = stretchesOf(marks);
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined || last.to <= first.from) return markup``;
  const place = (at: number): number =>
    Math.round(((at - first.from) / (last.to - first.from)) * width * 10) / 10;
  const parts = stretches.flatMap(({ name, from, to }) => {
    const long = formatDuration(to - from);
    const [x, across] = [place(from), Math.max(2, place(to) - place(from))];
    const words = `${name} ${long}`;
    const label = [words, long].find((text) => text.length * 6.6 + 8 <= across);
    return [
      markup`<rect class="phase ${name}" x="${x}" y="0" width="${across}" height="${barHeight}"><title>${words}</title></rect>`,
      ...(label === undefined
        ? []
        : [
            markup`<text x="${Math.round((x + across / 2) * 10) / 10}" y="17" text-anchor="middle">${label}</text>`,
          ]),
    ];
  });
  const legend = stretches.map(
    ({ name, from, to }) =>
      markup`<span><i class="phase ${name}"></i>${name} ${formatDuration(to - from)}</span>`,
  );
  return markup`<svg class="bar" viewBox="0 0 ${width} ${barHeight}" role="img" aria-label="where the time went">${parts}</svg><p class="legend">${legend}</p>`;
}

/** The phases that have begun and ended; what lies between them is nobody's. */
function stretchesOf(marks: Marks): readonly Stretch[] {
  const { breachedAt, detectedAt, decidedAt, askedAt, answeredAt, firstEffectAt, lastEffectAt, verifiedAt } =
    marks;
  return [
    stretch('detection', breachedAt, detectedAt),
    stretch('decision', detectedAt, askedAt ?? decidedAt),
    stretch('people', askedAt, answeredAt),
    stretch('rollback', firstEffectAt, lastEffectAt),
    stretch('verification', lastEffectAt, verifiedAt),
  ].flat();
}

function stretch(name: string, from: number | null, to: number | null): readonly Stretch[] {
  return from === null || to === null || to <= from ? [] : [{ name, from, to }];
}
