import type { Severity } from '../domain/rule.ts';
import { formatDuration, MINUTE } from '../domain/time.ts';
import { aligned, plain, type Ink } from './ink.ts';
import type { Firing, IncidentReport, LevelReport, Report } from './report.ts';
import { minuteOf } from '../domain/axis.ts';

/** One firing that another configuration adds, removes or moves. */
export interface FiringChange {
  readonly rule: string;
  readonly subject: string;
  readonly severity: Severity;
  readonly change: 'added' | 'removed' | 'earlier' | 'later';
  /** When it fires now; for a removed one, when it fired. */
  readonly at: number;
  /** By how much it moved, in ms; 0 unless earlier or later. */
  readonly byMs: number;
}

/** One incident of which the daemon would make something else. */
export interface DecisionChange {
  readonly target: string;
  readonly at: number;
  readonly rule: string;
  /** null: there was, or is, no such incident. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface Difference {
  readonly firings: readonly FiringChange[];
  readonly decisions: readonly DecisionChange[];
  /** Levels that only one of the two has, `rule on target, CRITICAL`. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
}

interface Placed {
  readonly rule: string;
  readonly subject: string;
  readonly level: LevelReport;
}

/** What another configuration would have made of the same past. What stays the same is left out. */
export function differenceOf(before: Report, after: Report): Difference {
  const [old, young] = [levelsOf(before, after), levelsOf(after, before)];
  const firings = [...new Set([...old.keys(), ...young.keys()])].flatMap((name) =>
    firingChanges(old.get(name), young.get(name), Math.max(before.toMs, after.toMs)),
  );
  return {
    firings: firings.toSorted((a, b) => a.at - b.at),
    decisions: decisionChanges(before.incidents, after.incidents, after.toMs),
    onlyBefore: [...old.keys()].filter((name) => !young.has(name)),
    onlyAfter: [...young.keys()].filter((name) => !old.has(name)),
  };
}

/** Levels by a name that the other configuration knows them by, too: packs may lie in folders of other names. */
function levelsOf(report: Report, other: Report): ReadonlyMap<string, Placed> {
  const packs = new Set(other.tracks.map(({ rule }) => rule.split('/')[0]));
  const sharesPack = report.tracks.some(({ rule }) => packs.has(rule.split('/')[0]));
  const levels = new Map<string, Placed>();
  for (const { rule, subject, levels: all } of report.tracks)
    for (const level of all) {
      const name = sharesPack ? rule : rule.slice(rule.indexOf('/') + 1);
      levels.set(`${name} on ${subject}, ${level.severity.toUpperCase()}`, { rule, subject, level });
    }
  return levels;
}

function firingChanges(
  old: Placed | undefined,
  young: Placed | undefined,
  toMs: number,
): readonly FiringChange[] {
  const placed = young ?? old;
  if (placed === undefined) return [];
  const where = { rule: placed.rule, subject: placed.subject, severity: placed.level.severity };
  const waiting = [...(old?.level.firings ?? [])];
  const changes: FiringChange[] = [];
  for (const firing of young?.level.firings ?? []) {
    const place = waiting.findIndex((other) => overlap(firing, other, toMs));
    const [match] = place < 0 ? [] : waiting.splice(place, 1);
    if (match === undefined) changes.push({ ...where, change: 'added', at: firing.firedAt, byMs: 0 });
    else if (match.firedAt !== firing.firedAt) {
      const byMs = firing.firedAt - match.firedAt;
      const change = byMs < 0 ? 'earlier' : 'later';
      changes.push({ ...where, change, at: firing.firedAt, byMs: Math.abs(byMs) });
    }
  }
  const removed = waiting.map(({ firedAt }): FiringChange => ({
    ...where,
    change: 'removed',
    at: firedAt,
    byMs: 0,
  }));
  return [...changes, ...removed];
}

/** The same trouble: from the first breaching reading to the end. */
function overlap(a: Firing, b: Firing, toMs: number): boolean {
  return a.since <= (b.endedAt ?? toMs) && b.since <= (a.endedAt ?? toMs);
}

function decisionChanges(
  before: readonly IncidentReport[],
  after: readonly IncidentReport[],
  toMs: number,
): readonly DecisionChange[] {
  const waiting = [...before];
  const changes: DecisionChange[] = [];
  for (const incident of after) {
    const place = waiting.findIndex((other) => sameTrouble(incident, other, toMs));
    const [match] = place < 0 ? [] : waiting.splice(place, 1);
    const change = { before: match === undefined ? null : did(match), after: did(incident) };
    const { target, rule, detectedAt } = incident;
    if (change.before !== change.after) changes.push({ target, rule, at: detectedAt, ...change });
  }
  const gone = waiting.map(({ target, rule, detectedAt, ...rest }) => ({
    target,
    rule,
    at: detectedAt,
    before: did({ target, rule, detectedAt, ...rest }),
    after: null,
  }));
  return [...changes, ...gone].toSorted((a, b) => a.at - b.at);
}

function sameTrouble(a: IncidentReport, b: IncidentReport, toMs: number): boolean {
  if (a.target !== b.target) return false;
  const [from, to] = [
    (one: IncidentReport) => one.breachedAt ?? one.detectedAt,
    (one: IncidentReport) => one.endedAt ?? toMs,
  ];
  return from(a) <= to(b) && from(b) <= to(a);
}

/** `rolls back`, `asks`, …, and what made the decision weaker than it was wanted. */
function did({ decision, rollbackAt, approved }: IncidentReport): string {
  if (decision === null) return 'decides nothing';
  if (rollbackAt !== null) return approved ? 'rolls back once approved' : 'rolls back';
  const words = {
    rollback: 'rolls back',
    ask: 'asks',
    investigate: 'tells people',
    monitor: 'records',
    hand_over: 'hands over',
  };
  const why = decision.objections.length === 0 ? '' : ` (${decision.objections.join('; ')})`;
  return `${words[decision.action]}${why}`;
}

/** The difference for people. */
export function differenceLines(difference: Difference, ink: Ink): readonly string[] {
  const { firings, decisions, onlyBefore, onlyAfter } = difference;
  const nothing = firings.length + decisions.length + onlyBefore.length + onlyAfter.length === 0;
  if (nothing) return ['nothing changes: the same firings at the same times, and the same decisions'];
  const marks = { added: ink.red('+'), removed: ink.green('-'), earlier: '<', later: '>' };
  const rows = firings.map(({ change, at, rule, subject, severity, byMs }) => [
    marks[change],
    minuteOf(at),
    severity.toUpperCase(),
    plain(`${rule} on ${subject}`),
    byMs === 0 ? change : `${formatDuration(byMs)} ${change}`,
  ]);
  return [
    ...onlyBefore.map((name) => ink.dim(`only before: ${plain(name)}`)),
    ...onlyAfter.map((name) => ink.dim(`only after: ${plain(name)}`)),
    ...(rows.length === 0
      ? ['firings: none added, removed, earlier or later']
      : ['firings', ...aligned(rows)]),
    ...(decisions.length === 0 ? [] : ['', 'decisions']),
    ...decisions.map(
      ({ target, at, before, after }) =>
        `${minuteOf(at)}  ${plain(target)}: ${plain(before ?? 'no incident')} → ${ink.bold(plain(after ?? 'no incident'))}`,
    ),
    '',
    countsOf(firings),
  ];
}

function countsOf(firings: readonly FiringChange[]): string {
  const of = (change: FiringChange['change']): readonly FiringChange[] =>
    firings.filter((firing) => firing.change === change);
  const moved = (change: 'earlier' | 'later'): string => {
    const all = of(change);
    const mean = all.reduce((sum, { byMs }) => sum + byMs, 0) / Math.max(1, all.length);
    return all.length === 0
      ? `0 ${change}`
      : `${all.length} ${change} (by ${formatDuration(Math.max(MINUTE / 60, mean))} on average)`;
  };
  return `${of('added').length} firings added, ${of('removed').length} removed, ${moved('earlier')}, ${moved('later')}`;
}
