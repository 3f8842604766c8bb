import type { Level, Rule } from '../domain/rule.ts';
import { looksUp } from '../domain/comparison.ts';
import { comparisonShape, isWeaker, operatorsAt, readComparison, type Timeless } from './comparisons.ts';
import type { Place } from './place.ts';
import { duration } from './scalars.ts';
import type { Signal } from './signals.ts';

/** The keys of `recover`. */
export const recoveryShape = {
  ...comparisonShape,
  for: duration.optional().describe('How long it must hold'),
};

/** `recover`: what ends a firing breach. null when it is not written, or after a problem. */
export function readRecovery(
  place: Place,
  levels: readonly Level[],
  setting: { readonly signal: Signal | null; readonly timeless: Timeless },
): Rule['recover'] {
  const { signal } = setting;
  if (place.value === undefined) return null;
  const fields = place.fields(recoveryShape);
  if (place.value === null || typeof place.value !== 'object') return null;
  if (signal?.measures === 'probe')
    place.problem(
      `${signal.kind} only passes or fails here; without recover it has recovered once it passes`,
      'key',
    );
  if (operatorsAt(place).length === 0)
    place.problem('has no comparison; expected e.g. below: 5%, for: 1m', 'key');
  if (!place.has('for')) place.problem('says not for how long; add e.g. for: 1m', 'key');
  const comparison = readComparison(place, fields, setting);
  if (comparison === null || fields.for === undefined) return null;
  const up = looksUp(comparison);
  for (const { severity, condition } of levels) {
    const breach = condition.comparison;
    if (breach === undefined) continue;
    if (looksUp(breach) === up) {
      place
        .at(comparison.operator)
        .problem(
          `looks the same way as level ${severity} (${breach.operator}); recovering is the opposite`,
          'key',
        );
      break;
    }
    if (isWeaker(comparison, breach) === true)
      place
        .at(comparison.operator)
        .warning(
          `a reading can satisfy recover and still breach level ${severity}`,
          'rule/recover-overlap',
          'key',
        );
  }
  return { comparison, forMs: fields.for };
}
