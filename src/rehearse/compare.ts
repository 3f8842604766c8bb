import type { BreachPhase } from '../domain/breach.ts';
import { formatQuantity } from '../domain/quantity.ts';
import { compareMoments, type Film, type Moment, type RuleFrame, type TargetFrame } from './film.ts';
import type { Expectation, RuleWants, TargetWants } from './rule-test.ts';

/** One thing that is not as expected. */
export interface Difference {
  /** `verdict`, `critical`, `decision`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

/** A value is as expected within half a percent: readings are rates, and tests are written by people. */
const tolerance = 0.005;

/** Everything of an expectation that does not hold at a moment; empty when it holds. */
export function differencesAt(
  { rule, target }: Expectation,
  film: Film,
  moment: Moment,
): readonly Difference[] {
  return [
    ...(rule === null ? [] : ofRule(rule, film.ruleAt(rule.rule, rule.subject, moment))),
    ...(target === null ? [] : ofTarget(target, film.targetAt(target.target, moment))),
  ];
}

/** The moments at which anything that the expectation speaks of changed, up to the end of `until`. */
export function momentsOf({ rule, target }: Expectation, film: Film, until: number): readonly Moment[] {
  const frames: Moment[] = [
    ...(rule === null ? [] : film.ruleFrames(rule.rule, rule.subject)),
    ...(target === null ? [] : film.targetFrames(target.target)),
  ];
  return frames.filter(({ at }) => at <= until).sort(compareMoments);
}

function ofRule(wants: RuleWants, frame: RuleFrame | null): Difference[] {
  const differences: Difference[] = [];
  const verdict = frame?.view.verdict ?? 'not_read';
  if (wants.verdict !== null && wants.verdict !== verdict)
    differences.push({ what: 'verdict', expected: wants.verdict, got: verdict });
  if (wants.value !== null && !isAbout(wants.value, frame))
    differences.push({ what: 'value', expected: formatQuantity(wants.value, 'number'), got: valueOf(frame) });
  if (wants.phases !== null) differences.push(...ofPhases(wants.phases, wants.level, frame));
  const armed = frame?.view.armed ?? true;
  if (wants.armed !== null && wants.armed !== armed)
    differences.push({ what: 'armed', expected: String(wants.armed), got: String(armed) });
  return differences;
}

function ofPhases(
  phases: readonly BreachPhase[],
  level: RuleWants['level'],
  frame: RuleFrame | null,
): Difference[] {
  const levels = frame?.view.levels ?? [];
  const meant = level === null ? levels : levels.filter(({ severity }) => severity === level);
  const fits = ({ phase }: { readonly phase: BreachPhase }): boolean => phases.includes(phase);
  // Without a level, clear means that all are; any other phase, that one is.
  const holds = level === null && phases.includes('clear') ? meant.every(fits) : meant.some(fits);
  if (holds || (levels.length === 0 && phases.includes('clear'))) return [];
  const got = level === null ? levelsOf(frame) : (meant[0]?.phase ?? 'clear');
  return [{ what: level ?? 'a level', expected: phases.join(' or '), got }];
}

/** `critical pending, high clear`. */
export function levelsOf(frame: RuleFrame | null): string {
  const levels = frame?.view.levels ?? [];
  return levels.length === 0
    ? 'clear'
    : levels.map(({ severity, phase }) => `${severity} ${phase}`).join(', ');
}

function isAbout(wanted: number, frame: RuleFrame | null): boolean {
  if (frame?.reading?.kind !== 'value') return false;
  const { value } = frame.reading;
  if (Object.is(value, wanted)) return true;
  const largest = Math.max(Math.abs(value), Math.abs(wanted));
  return Number.isFinite(largest) && Math.abs(value - wanted) <= tolerance * largest;
}

function valueOf(frame: RuleFrame | null): string {
  if (frame?.reading?.kind === 'value') return formatQuantity(frame.reading.value, 'number');
  return frame === null ? 'no reading yet' : frame.view.detail;
}

function ofTarget(wants: TargetWants, frame: TargetFrame | null): Difference[] {
  const { incident = null, decided = null } = frame ?? {};
  const rows: (readonly [string, string | null, string])[] = [
    ['decision', wants.decision, decided?.action ?? 'none'],
    ['wanted', wants.wanted, decided?.wanted ?? 'none'],
    ['severity', wants.severity, incident?.severity ?? 'no incident'],
    ['lead', wants.lead, incident?.rule ?? 'no incident'],
    ['state', wants.state, incident?.state ?? 'no incident'],
    ['outcome', wants.outcome, incident?.outcome ?? 'none'],
    ['playbook', wants.playbook, frame?.playbook ?? 'no plan'],
    ['rolled_back_to', wants.rolledBackTo, frame?.rolledBackTo ?? 'none'],
    ['running', wants.running, frame?.running ?? 'none'],
  ];
  const differences = rows.flatMap(([what, expected, got]) =>
    expected === null || expected === got ? [] : [{ what, expected, got }],
  );
  return [...differences, ...ofGuards(wants.guards, decided)];
}

/** Objections are worded `blame: …`; those that are not written are not compared. */
function ofGuards(wanted: TargetWants['guards'], decided: TargetFrame['decided']): Difference[] {
  const objecting = (decided?.objections ?? []).map((objection) => objection.split(':')[0] ?? '');
  const missing = (wanted ?? []).filter((guard) => !objecting.includes(guard));
  if (missing.length === 0) return [];
  return [{ what: 'guards', expected: missing.join(', '), got: objecting.join(', ') || 'none' }];
}
