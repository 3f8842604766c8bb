import type { Configuration } from '../domain/configuration.ts';
import type { LevelChange, Watch } from '../domain/breach.ts';
import type { FiredLevel } from '../domain/incident.ts';
import type { Severity } from '../domain/rule.ts';
import type { Book } from './book.ts';
import { hasBegun, type Case } from './case.ts';
import type { Flow } from './flow.ts';
import { appliesTo } from './in-force.ts';
import { leadAmong, ruleOf } from './levels.ts';
import type { Turn } from './turn.ts';
import { forgottenNote } from './words.ts';

/** A level that detection no longer counts as it did. */
export type Gone = Pick<LevelChange, 'rule' | 'subject' | 'severity'>;

/** Levels that fired by rules which were changed or removed while the daemon was away. */
export function goneSince(watches: readonly Watch[], { rules }: Configuration): readonly Gone[] {
  const digests = new Map(rules.map(({ id, digest }) => [id, digest]));
  return watches
    .filter(({ rule, ruleDigest }) => digests.get(rule) !== ruleDigest)
    .flatMap(({ rule, subject, levels }) =>
      (Object.keys(levels) as Severity[]).map((severity) => ({ rule, subject, severity })),
    );
}

/**
 * Before its first effect an incident follows the present configuration: levels of rules that were removed or changed
 * no longer count, and without any, or without its target, it is withdrawn. From the first effect on it keeps its
 * own copy.
 */
export function followConfiguration(turn: Turn, flow: Flow, open: Case, gone: readonly Gone[]): void {
  const { target, lead, levels } = open.incident.context;
  if (lead.rule === 'builtin/blind') return followBlindness(turn, flow, open);
  if (hasBegun(open)) return;
  if (flow.book.target(target.replace(/^pin:/, '')) === null)
    return withdraw(turn, flow, open, `${target} was removed from the configuration`);
  const firing = levels.filter(({ recoveredAt }) => recoveredAt === null);
  const left = firing.flatMap((level) => {
    const why = whyGone(flow.book, level, gone);
    return why === null ? [] : [{ level, why }];
  });
  if (left.length === 0) return;
  const leading = left.find(({ level }) => level.rule === lead.rule) ?? left[0];
  if (left.length === firing.length) return withdraw(turn, flow, open, leading?.why ?? '');
  for (const { level, why } of left) forget(turn, flow, open, level, why);
}

/** A source is blind for the rules that read it: once these were changed, it is known to be blind no longer. */
function followBlindness(turn: Turn, flow: Flow, open: Case): void {
  const source = open.incident.context.target.replace(/^source:/, '');
  if (flow.parts.detection.blind().includes(source)) return;
  withdraw(turn, flow, open, `${source} is not known to be blind any more: its rules were changed`);
}

function withdraw(turn: Turn, flow: Flow, open: Case, reason: string): void {
  flow.incident(turn, open, { type: 'withdrawn', at: turn.at, reason });
}

/** Other levels fire on: the incident goes on with them. */
function forget(turn: Turn, flow: Flow, open: Case, level: FiredLevel, why: string): void {
  const rest = open.incident.context.levels.filter(
    ({ rule, severity }) => rule !== level.rule || severity !== level.severity,
  );
  const lead = leadAmong(flow.book, rest);
  turn.note(forgottenNote(level, why, lead?.rule ?? null), open);
  flow.incident(turn, open, {
    type: 'recovered',
    at: turn.at,
    rule: level.rule,
    severity: level.severity,
    lead,
    because: why,
  });
}

function whyGone(book: Book, { rule, subject, severity }: FiredLevel, gone: readonly Gone[]): string | null {
  if (rule.startsWith('builtin/')) return null;
  const present = ruleOf(book, rule);
  if (present === null) return `the rule ${rule} was removed from the configuration`;
  if (!appliesTo(present, subject, book.configuration.targets))
    return `the rule ${rule} does not apply to ${subject} any more`;
  const changed = gone.some(
    (left) => left.rule === rule && left.subject === subject && left.severity === severity,
  );
  return changed ? `the rule ${rule} was changed and counts anew` : null;
}
