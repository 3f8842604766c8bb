import { PlotSampler } from '../../src/backtest/plot-samples.ts';
import type { Firing, IncidentReport, LevelReport, Report, TrackReport } from '../../src/backtest/report.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time.ts';

/** The beginning of every report. */
export const monday = Date.UTC(2026, 0, 5);

/** A report of two days; what is not said is quiet. */
export function aReport(more: Partial<Report> = {}): Report {
  return {
    fromMs: monday,
    toMs: monday + 2 * DAY,
    stepMs: MINUTE,
    environment: 'production',
    assumptions: [],
    notReplayed: [],
    deploys: [],
    withinMs: HOUR,
    tracks: [aTrack()],
    incidents: [],
    score: {},
    ...more,
  };
}

export function aTrack(more: Partial<TrackReport> = {}): TrackReport {
  const sampler = new PlotSampler({ fromMs: monday, toMs: monday + 2 * DAY }, 48);
  for (let hour = 0; hour < 48; hour++) sampler.add(monday + hour * HOUR, hour / 100);
  return {
    rule: 'shop/errors',
    summary: 'Share of failed requests',
    subject: 'backend',
    stepMs: MINUTE,
    slots: 2_880,
    verdicts: { known: 2_880, no_data: 0, error: 0, insufficient: 0, never_seen: 0 },
    unknownShare: 0,
    coverage: 1,
    firstTrouble: null,
    levels: [aLevel()],
    plot: sampler.samples,
    ...more,
  };
}

export function aLevel(more: Partial<LevelReport> = {}): LevelReport {
  return {
    severity: 'critical',
    condition: 'above 50% for 5m',
    wants: 'rollback',
    threshold: { operator: 'above', value: 0.5, unit: 'ratio' },
    firings: [],
    pending: [],
    breachedMs: 0,
    firingMs: 0,
    firingsPerWeek: 0,
    score: null,
    sensitivity: null,
    ...more,
  };
}

/** Breaching from so many minutes after the beginning on, firing five minutes later, for half an hour. */
export function aFiring(minute: number, more: Partial<Firing> = {}): Firing {
  const since = monday + minute * MINUTE;
  return {
    since,
    firedAt: since + 5 * MINUTE,
    endedAt: since + 35 * MINUTE,
    armed: true,
    detail: '61%',
    ...more,
  };
}

export function anIncident(minute: number, more: Partial<IncidentReport> = {}): IncidentReport {
  const { since, firedAt, endedAt } = aFiring(minute);
  return {
    target: 'backend',
    severity: 'critical',
    rule: 'shop/errors',
    breachedAt: since,
    detectedAt: firedAt,
    decidedAt: firedAt,
    decision: { action: 'rollback', wanted: 'rollback', reason: 'rolls back', objections: [] },
    rollbackAt: firedAt,
    rollback: 'v2 → v1',
    approved: false,
    endedAt,
    outcome: 'rolled_back',
    ...more,
  };
}
