import type { Level, Rule } from '../domain/rule.ts';
import { comparisonShape, looksUp, operatorsAt, readComparison } from './comparisons.ts';
import type { Place } from './place.ts';
import { duration } from './scalars.ts';
import type { Signal } from './signals.ts';

const shape = { ...comparisonShape, for: duration.optional() };

/** `recover`: what ends a firing breach. null when it is not written, or after a problem. */
export function readRecovery(place: Place, levels: readonly Level[], signal: Signal | null): Rule['recover'] {
  if (place.value === undefined) return null;
  const fields = place.fields(shape);
  if (place.value === null || typeof place.value !== 'object') return null;
  if (signal?.measures === 'probe')
    place.problem(
      `${signal.kind} only passes or fails here; without recover it has recovered once it passes`,
      'key',
    );
  if (operatorsAt(place).length === 0)
    place.problem('has no comparison; expected e.g. below: 5%, for: 1m', 'key');
  if (!place.has('for')) place.problem('says not for how long; add e.g. for: 1m', 'key');
  const comparison = readComparison(place, fields, signal);
  if (comparison === null || fields.for === undefined) return null;
  const up = looksUp(comparison);
  for (const { severity, condition } of levels) {
    if (!('comparison' in condition)) continue;
    const { operator, threshold } = condition.comparison;
    if (looksUp(condition.comparison) === up) {
      place
        .at(comparison.operator)
        .problem(`looks the same way as level ${severity} (${operator}); recovering is the opposite`, 'key');
      break;
    }
    const overlaps = up
      ? comparison.threshold.value < threshold.value
      : comparison.threshold.value > threshold.value;
    if (overlaps)
      place
        .at(comparison.operator)
        .warning(`a reading can satisfy recover and still breach level ${severity}`, 'rule/recover-overlap', 'key');
  }
  return { comparison, forMs: fields.for };
}
