import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { PhaseTime, RtoPhase } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';
import { flowed } from './flowed.ts';
import type { Screen } from './frame.ts';

interface PhaseClock {
  readonly name: string;
  readonly ms: number | null;
  readonly objectiveMs: number | null;
  readonly running: boolean;
}

/** How long each phase took or has been running, against its objective, in as many lines as it takes. */
export function clockLine(incident: IncidentView, { columns, now, paint }: Screen): readonly string[] {
  const parts = clocksOf(incident, now).map(({ name, ms, objectiveMs, running }) => {
    const time = ms === null ? '–' : formatDuration(ms);
    const limit = objectiveMs === null ? '' : `/${formatDuration(objectiveMs)}`;
    const said = `${running ? '▸' : ''}${name} ${time}${limit}`;
    if (ms === null) return paint.dim(said);
    if (objectiveMs === null) return running ? paint.cyan(said) : said;
    if (ms > objectiveMs) return paint.red(`${said}!`);
    return ms > objectiveMs * 0.8 ? paint.yellow(said) : paint.green(said);
  });
  return flowed(parts, columns - 4);
}

/** An open phase runs on: what has begun and not ended is measured until now. */
function clocksOf({ marks, rto, closedAt, outcome }: IncidentView, now: number): readonly PhaseClock[] {
  const { breachedAt, detectedAt, decidedAt, askedAt, answeredAt, firstEffectAt, lastEffectAt, verifiedAt } =
    marks;
  const over = closedAt !== null || outcome !== null;
  const clock = (name: string, phase: RtoPhase, from: number | null, to: number | null): PhaseClock => {
    const time: PhaseTime = rto?.[phase] ?? { actualMs: null, objectiveMs: null };
    const running = !over && from !== null && to === null;
    const measured = from !== null && to !== null ? Math.max(0, to - from) : null;
    const ms = running ? Math.max(0, now - from) : (time.actualMs ?? measured);
    return { name, ms, objectiveMs: time.objectiveMs, running };
  };
  const began = breachedAt ?? detectedAt;
  return [
    clock('detect', 'detection', breachedAt, detectedAt),
    clock('decide', 'decision', detectedAt, decidedAt ?? askedAt),
    ...(askedAt === null ? [] : [clock('people', 'people', askedAt, answeredAt ?? firstEffectAt)]),
    clock('roll back', 'rollback', firstEffectAt, lastEffectAt),
    clock('verify', 'verification', lastEffectAt, verifiedAt),
    clock('total', 'total', began, verifiedAt),
  ];
}
