import type { FiredLevel } from '../../domain/incident.ts';
import type { SeriesView } from '../../domain/ports/daemon.ts';
import type { ReadingRow } from '../../domain/ports/store.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Level } from '../../domain/rule.ts';
import { ownRule } from '../situation.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';
import { thinned } from '../thinning.ts';

/** As many points as a picture can show. */
const mostReadings = 500;

/**
 * What each rule of an incident read of its subject, from the first breaching reading on: the leading rule first, then
 * in the order in which they fired.
 */
export async function seriesOf(
  core: Core,
  seen: Case,
  closedAt: number | null,
): Promise<readonly SeriesView[]> {
  const { lead, levels } = seen.incident.context;
  const pairs = new Map(levels.map((level) => [JSON.stringify([level.rule, level.subject]), level]));
  const leadFirst = [...pairs.values()].toSorted(
    (a, b) => Number(b.rule === lead.rule) - Number(a.rule === lead.rule) || a.firedAt - b.firedAt,
  );
  const stored = await storedOf(core, seen, closedAt);
  return leadFirst.map(({ rule, subject }) => ({
    rule,
    subject,
    summary: ownRule(core.book, seen, rule)?.summary ?? rule,
    levels: levelsOf(core, seen, { rule, subject }),
    readings: thinned(
      (stored.get(subject) ?? []).filter((row) => row.rule === rule),
      mostReadings,
    ).map(({ reading }) => pointOf(reading)),
  }));
}

/** What was stored of each subject during the incident, oldest first. */
async function storedOf(
  core: Core,
  { incident }: Case,
  closedAt: number | null,
): Promise<ReadonlyMap<string, readonly ReadingRow[]>> {
  const { levels, marks, openedAt } = incident.context;
  const from = Math.min(marks.breachedAt ?? openedAt, ...levels.map(({ since }) => since));
  const to = closedAt ?? core.parts.clock.now();
  const subjects = [...new Set(levels.map(({ subject }) => subject))];
  return new Map(
    await Promise.all(
      subjects.map(
        async (subject) => [subject, await core.parts.store.readings({ subject, from, to })] as const,
      ),
    ),
  );
}

/** Every level of the rule, worst first; of a rule that is gone, those that fired. */
function levelsOf(
  core: Core,
  seen: Case,
  { rule: id, subject }: Pick<FiredLevel, 'rule' | 'subject'>,
): SeriesView['levels'] {
  const rule = ownRule(core.book, seen, id);
  const view = core.parts.detection.views(subject).find((one) => one.rule === id);
  const fired = seen.incident.context.levels.filter((one) => one.rule === id && one.subject === subject);
  const worded = [...(view?.levels ?? []), ...fired];
  if (rule === null || view === undefined)
    return fired.map(({ severity, condition }) => ({
      severity,
      condition,
      threshold: thresholdOf(rule?.levels.find((level) => level.severity === severity)),
    }));
  return rule.levels.map((level) => ({
    severity: level.severity,
    condition: worded.find(({ severity }) => severity === level.severity)?.condition ?? '',
    threshold: thresholdOf(level),
  }));
}

function thresholdOf(level: Level | undefined): number | null {
  const threshold = level?.condition.comparison?.threshold;
  return threshold === undefined || threshold.unit === 'times' ? null : threshold.value;
}

function pointOf(reading: Reading): SeriesView['readings'][number] {
  const { at, detail } = reading;
  switch (reading.kind) {
    case 'value':
      return { at, value: Number.isFinite(reading.value) ? reading.value : null, verdict: 'value', detail };
    case 'probe':
      return { at, value: null, verdict: reading.passed ? 'passed' : 'failed', detail };
    case 'unknown':
      return { at, value: null, verdict: 'unknown', detail };
  }
}
