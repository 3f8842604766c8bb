import { breaches as breachesBy } from '../domain/condition.ts';
import type { Evaluation } from '../domain/ports/detection.ts';
import type { Reading, Unknown } from '../domain/reading.ts';
import type { Rule, Severity } from '../domain/rule.ts';
import type { Book } from './book.ts';
import { sameLead } from '../../state-machines/incident.context.ts';
import type { Case } from './case.ts';

/**
 * After a restart: a reading, taken since, in which the level that leads breaches lets what waited go on. What is
 * enough for a lesser level confirms nothing of a graver one.
 *
 * A reading that is ok does not: the level then recovers on its own course, and the incident with it.
 */
export function confirmFresh(book: Book, { rule, readings }: Evaluation): readonly Case[] {
  const confirmed: Case[] = [];
  for (const open of book.open()) {
    const { lead, levels } = open.incident.context;
    if (!open.needsFreshReading || lead.rule !== rule.id) continue;
    const level = levels.find((fired) => sameLead(fired, lead) && fired.recoveredAt === null);
    const reading = level === undefined ? undefined : readings.get(level.subject);
    if (reading === undefined || level === undefined || !breaches(rule, level.severity, reading)) continue;
    open.needsFreshReading = false;
    confirmed.push(open);
  }
  return confirmed;
}

function breaches(rule: Rule, severity: Severity, reading: Reading): boolean {
  const condition = rule.levels.find((level) => level.severity === severity)?.condition;
  if (condition === undefined) return false;
  if (reading.kind === 'unknown') return counts(rule, reading.why);
  return breachesBy(condition, reading) === true;
}

/** A rule may declare that no data, or an error, is a breach. */
function counts({ onNoData, onError }: Rule, why: Unknown): boolean {
  return (why === 'no_data' && onNoData === 'breach') || (why === 'error' && onError === 'breach');
}
