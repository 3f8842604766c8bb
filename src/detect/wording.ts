import type { Breach } from '../domain/breach.ts';
import { wordComparison } from '../domain/comparison.ts';
import { formatQuantity } from '../domain/quantity.ts';
import type { Reading } from '../domain/reading.ts';
import type { Condition, Level } from '../domain/rule.ts';
import { formatDuration } from '../domain/time.ts';

/** `above 50% for 1m`, `below 5%`, `2 failures in a row`, with ` while deploying` where that is stated. */
export function wordLevel({ condition, whileDeploying }: Level): string {
  return whileDeploying ? `${wordCondition(condition)} while deploying` : wordCondition(condition);
}

function wordCondition(condition: Condition): string {
  const { comparison } = condition;
  const compared = comparison === undefined ? null : wordComparison(comparison);
  if ('failures' in condition)
    return condition.failures === 1 ? '1 failure' : `${condition.failures} failures in a row`;
  if ('need' in condition) {
    const share = `${condition.need.breaches} of ${condition.need.of} readings`;
    return compared === null ? `failing in ${share}` : `${compared} in ${share}`;
  }
  const breach = compared ?? 'failing';
  return condition.forMs === 0 ? breach : `${breach} for ${formatDuration(condition.forMs)}`;
}

/** How far a level has come: `40s of 1m`, `1 of 2 failures`, `2 of 5 readings`; empty where there is nothing to count. */
export function wordProgress({ condition }: Level, breach: Breach): string {
  if (breach.phase === 'clear') return '';
  if ('failures' in condition) return `${breach.count} of ${condition.failures} failures`;
  if ('need' in condition) return `${breach.count} of ${condition.need.of} readings`;
  return condition.forMs === 0 ? '' : `${formatDuration(breach.ageMs)} of ${formatDuration(condition.forMs)}`;
}

/** What was read, in the notation of the threshold it is compared with where the source knows only a number. */
export function wordReading(
  reading: Reading,
  { condition: { comparison } }: Pick<Level, 'condition'>,
): string {
  if (reading.kind !== 'value' || comparison === undefined) return reading.detail;
  const { unit } = comparison.threshold;
  const isPlain = reading.detail === formatQuantity(reading.value, 'number');
  return unit === 'number' || unit === 'times' || !isPlain
    ? reading.detail
    : formatQuantity(reading.value, unit);
}
