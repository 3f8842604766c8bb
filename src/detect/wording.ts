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
  if ('failures' in condition)
    return condition.failures === 1 ? '1 failure' : `${condition.failures} failures in a row`;
  const comparison = wordComparison(condition.comparison);
  return condition.forMs === 0 ? comparison : `${comparison} for ${formatDuration(condition.forMs)}`;
}

/** How far a level has come: `40s of 1m`, `1 of 2 failures`; empty where there is nothing to count. */
export function wordProgress({ condition }: Level, breach: Breach): string {
  if (breach.phase === 'clear') return '';
  if ('failures' in condition) return `${breach.count} of ${condition.failures} failures`;
  return condition.forMs === 0 ? '' : `${formatDuration(breach.ageMs)} of ${formatDuration(condition.forMs)}`;
}

/** What was read, in the notation of the threshold it is compared with where the source knows only a number. */
export function wordReading(reading: Reading, { condition }: Level): string {
  if (reading.kind !== 'value' || 'failures' in condition) return reading.detail;
  const { unit } = condition.comparison.threshold;
  if (unit === 'number' || reading.detail !== formatQuantity(reading.value, 'number')) return reading.detail;
  return formatQuantity(reading.value, unit);
}
