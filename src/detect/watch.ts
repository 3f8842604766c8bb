import type { Breach, LevelChange, Watch } from '../domain/breach.ts';
import type { Reading } from '../domain/reading.ts';
import { severities, type Level, type Rule, type Severity } from '../domain/rule.ts';
import { foldBreach, isCounting, restoredBreach, startOver } from './breach.ts';
import { clearBreach } from './clear-breach.ts';
import { cannotSee, judge, verdictOf } from './judge.ts';
import { wordLevel, wordReading } from './wording.ts';

/** What one reading made of a watch. */
export interface WatchFold {
  readonly watch: Watch;
  readonly changes: readonly LevelChange[];
  readonly verdict: ReturnType<typeof verdictOf>;
}

/** What the world around a reading says about it. */
export interface Surroundings {
  /** Breaches of this source and subject do not count now. */
  readonly inGrace: boolean;
  /** Levels that are valid only while deploying are valid now. */
  readonly deploying: boolean;
  /** When the reading was in hand: the instant of what changed. */
  readonly at: number;
}

const nothing: readonly LevelChange[] = Object.freeze([]);

/** A rule on a subject that it has never read. */
export function freshWatch(rule: Rule, subject: string): Watch {
  return {
    rule: rule.id,
    subject,
    ruleDigest: rule.digest,
    armed: true,
    seen: false,
    unknownSince: null,
    blind: false,
    levels: {},
  };
}

/** Folds one reading into everything remembered about a rule on a subject. Pure. */
export function foldWatch(watch: Watch, rule: Rule, reading: Reading, around: Surroundings): WatchFold {
  const verdict = verdictOf(rule, reading, around.deploying);
  const armed = armedAfter(watch, verdict, around);
  const base = {
    ...watch,
    armed,
    seen: watch.seen || hasRead(reading, verdict, around),
    unknownSince: cannotSee(rule, verdict, watch.seen) ? (watch.unknownSince ?? reading.at) : null,
  };
  // It read ok at last: what fired while it was not trusted is not carried over into what may act.
  if (armed && !watch.armed) return confirmed(base, rule, reading, { around, verdict });
  const { levels, changes } = foldLevels(base, rule, reading, around);
  return { watch: { ...base, levels }, changes, verdict };
}

/** A stored watch at the start of the daemon: down time adds nothing. */
export function restoredWatch(watch: Watch, now: number): Watch {
  return {
    ...mapLevels(watch, (breach) => restoredBreach(breach, now)),
    unknownSince: watch.unknownSince === null || watch.blind ? watch.unknownSince : now,
  };
}

/** Whatever is pending starts over, and so does every recovery; the same object when there was nothing of it. */
export function restartedWatch(watch: Watch): Watch {
  return Object.values(watch.levels).some(isCounting) ? mapLevels(watch, startOver) : watch;
}

/** The levels of a watch in the phases asked for, each as the change that would have brought it there. */
export function levelsIn(
  watch: Watch,
  rule: Rule,
  show: {
    readonly phases: Readonly<Partial<Record<Breach['phase'], LevelChange['change']>>>;
    /** null: when each of them fired. */
    readonly at: number | null;
    readonly detail: (level: Level) => string;
  },
): LevelChange[] {
  const found: LevelChange[] = [];
  for (const level of rule.levels) {
    const breach = watch.levels[level.severity];
    const change = breach && show.phases[breach.phase];
    if (breach === undefined || change === undefined) continue;
    const at = show.at ?? breach.firedAt ?? 0;
    found.push(changeOf({ watch, level, change, at, since: breach.since ?? at, detail: show.detail(level) }));
  }
  return found;
}

/** A rule that breaches at its first reading of a subject is not trusted there until it has read ok once. */
function armedAfter(watch: Watch, verdict: WatchFold['verdict'], { inGrace }: Surroundings): boolean {
  if (verdict === 'ok') return true;
  const first = !watch.seen && verdict === 'breach' && !inGrace;
  return first ? false : watch.armed;
}

/** It said something. A value that has no baseline yet did, too: what breaches once there is one, is news. */
function hasRead(reading: Reading, verdict: WatchFold['verdict'], { inGrace }: Surroundings): boolean {
  if (verdict === 'breach') return !inGrace;
  return verdict === 'ok' || (verdict === 'insufficient' && reading.kind === 'value');
}

function confirmed(
  base: Watch,
  rule: Rule,
  reading: Reading,
  { around, verdict }: { readonly around: Surroundings; readonly verdict: WatchFold['verdict'] },
): WatchFold {
  const changes = levelsIn({ ...base, armed: false }, rule, {
    phases: { pending: 'forgiven', firing: 'recovered', recovering: 'recovered' },
    at: around.at,
    detail: (level) => wordReading(reading, level),
  });
  const { levels } = foldLevels({ ...base, levels: {} }, rule, reading, around);
  return { watch: { ...base, levels }, changes, verdict };
}

function foldLevels(
  watch: Watch,
  rule: Rule,
  reading: Reading,
  around: Surroundings,
): { readonly levels: Watch['levels']; readonly changes: readonly LevelChange[] } {
  const circumstances = { seen: watch.seen, inGrace: around.inGrace, deploying: around.deploying };
  const levels: Partial<Record<Severity, Breach>> = {};
  let changes: LevelChange[] | null = null;
  for (const level of rule.levels) {
    const before = watch.levels[level.severity] ?? clearBreach;
    const judgement = judge(rule, level, reading, circumstances);
    const after = foldBreach(before, { judgement, at: reading.at }, { rule, level });
    levels[level.severity] = after;
    const change = changeBetween(before, after);
    if (change === null) continue;
    const since = after.since ?? before.since ?? reading.at;
    changes ??= [];
    changes.push(
      changeOf({ watch, level, change, at: around.at, since, detail: wordReading(reading, level) }),
    );
  }
  return { levels, changes: changes ?? nothing };
}

function changeBetween(before: Breach, after: Breach): LevelChange['change'] | null {
  const restarted = after.phase === 'pending' && before.since !== after.since;
  if (before.phase === after.phase && !restarted) return null;
  switch (after.phase) {
    case 'pending':
      return 'pending';
    case 'firing':
      return before.phase === 'recovering' ? 'relapsed' : 'fired';
    case 'recovering':
      return 'recovering';
    case 'clear':
      return before.phase === 'pending' ? 'forgiven' : 'recovered';
  }
}

function changeOf(happened: {
  readonly watch: Watch;
  readonly level: Level;
  readonly change: LevelChange['change'];
  readonly at: number;
  readonly since: number;
  readonly detail: string;
}): LevelChange {
  const { watch, level, change, at, since, detail } = happened;
  return {
    rule: watch.rule,
    subject: watch.subject,
    severity: level.severity,
    change,
    at,
    since,
    detail,
    condition: wordLevel(level),
    armed: watch.armed,
  };
}

function mapLevels(watch: Watch, map: (breach: Breach) => Breach): Watch {
  const levels: Partial<Record<Severity, Breach>> = {};
  for (const severity of severities) {
    const breach = watch.levels[severity];
    if (breach !== undefined) levels[severity] = map(breach);
  }
  return { ...watch, levels };
}
