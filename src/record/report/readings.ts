import type { Marks } from '../../domain/incident.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import { MINUTE } from '../../domain/time.ts';
import type { ReportInput } from './course.ts';
import type { PlotMark, Section } from './document.ts';

/** More plots than a person compares. */
const mostPlots = 12;

/** The readings of the rules of the incident over the time of the incident, the leading rule first. */
export function readings({ incident, now }: ReportInput): readonly Section[] {
  const shown = incident.series.filter(({ readings: all }) => all.length > 0).slice(0, mostPlots);
  if (shown.length === 0) return [];
  const { fromMs, toMs } = spanOf(incident, now);
  const marks = marksOf(incident.marks);
  return [
    {
      title: 'Readings',
      blocks: [{ kind: 'readings', plots: shown.map((series) => ({ series, fromMs, toMs, marks })) }],
    },
  ];
}

/** Everything that was read and that happened, with a little room on both sides. */
function spanOf({ series, marks, openedAt, closedAt }: IncidentView, now: number) {
  const read = series.flatMap(({ readings: all }) => all.map(({ at }) => at));
  const known = Object.values(marks).filter((at): at is number => at !== null);
  const all = [...read, ...known, openedAt, closedAt ?? now];
  const [first, last] = [least(all), greatest(all)];
  const room = Math.max(MINUTE / 6, (last - first) * 0.02);
  return { fromMs: first - room, toMs: last + room };
}

const markWords = {
  breachedAt: 'breach',
  detectedAt: 'detected',
  decidedAt: null,
  askedAt: 'asked',
  answeredAt: 'answered',
  firstEffectAt: 'first effect',
  lastEffectAt: 'last effect',
  verifiedAt: 'verified',
} as const satisfies Record<keyof Marks, string | null>;

/** Instants that fall together are one mark. */
function marksOf(marks: Marks): readonly PlotMark[] {
  const named = Object.entries(markWords).flatMap(([key, name]) => {
    const at = marks[key as keyof Marks];
    return at === null || name === null ? [] : [{ at, name }];
  });
  return [...Map.groupBy(named, ({ at }) => Math.floor(at / 1000))]
    .toSorted(([a], [b]) => a - b)
    .map(([, together]) => ({
      at: together[0]?.at ?? 0,
      name: together.map(({ name }) => name).join(', '),
    }));
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function greatest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}
