import type { Place } from '../../config/place.ts';
import { name, someTime } from '../../config/scalars.ts';
import { unknownWord } from '../../config/suggest.ts';
import type { Mode } from '../../domain/rule.ts';
import { MINUTE } from '../../domain/time.ts';
import type { RuleTest, WrittenReleases } from '../../rehearse/rule-test.ts';
import { z } from 'zod';

/** What the tests of a file fall back to. */
export interface TestDefaults {
  readonly mode: Mode;
  readonly intervalMs: number;
  readonly armed: boolean;
  readonly releases: RuleTest['releases'];
}

/** A rollback has somewhere to go: v1 was proven good, v2 arrived ten minutes before the test. */
const usual: WrittenReleases = { good: 'v1', running: 'v2', forMs: 10 * MINUTE };

const label = z.union([name, z.literal('none')]);
const shape = { good: label.optional(), running: label.optional(), for: someTime.optional() };

/**
 * `releases:`, what ran before a test: `none`, or for each target the last good release and the one that runs. Targets
 * that are not written have what `otherwise` says, or a good v1 and a running v2.
 */
export function readReleases(
  place: Place,
  targets: readonly string[],
  otherwise: RuleTest['releases'] = {},
): RuleTest['releases'] {
  if (place.value === 'none')
    return Object.fromEntries(targets.map((target) => [target, { good: null, running: null, forMs: 0 }]));
  const written = place.entries('releases by target, or none').map(([target, at]) => {
    if (!targets.includes(target)) at.problem(unknownWord('unknown target', target, targets), 'key');
    const { good, running, for: forMs } = at.fields(shape);
    const said: WrittenReleases = {
      good: labelOf(good, usual.good),
      running: labelOf(running, usual.running),
      forMs: forMs ?? usual.forMs,
    };
    return [target, said] as const;
  });
  return {
    ...Object.fromEntries(targets.map((target) => [target, otherwise[target] ?? usual])),
    ...Object.fromEntries(written),
  };
}

function labelOf(written: string | undefined, otherwise: string | null): string | null {
  if (written === undefined) return otherwise;
  return written === 'none' ? null : written;
}
