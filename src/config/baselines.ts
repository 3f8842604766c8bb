import { z } from 'zod';
import type { Baseline, Level, Rule } from '../domain/rule.ts';
import { formatDuration } from '../domain/time.ts';
import type { Timeless } from './comparisons.ts';
import type { Fields, Place } from './place.ts';
import { someTime } from './scalars.ts';
import type { Signal } from './signals.ts';

const share = (what: string): z.ZodOptional<z.ZodNumber> => z.number().gt(0).lt(1).optional().describe(what);

const test = z.strictObject({
  p: share('Two-sided p below which chance does not explain the difference; 0.01'),
  effect: share("Least |Cliff's delta|; 0.5"),
  samples: z.int().min(3).max(240).optional().describe('Least number of readings on either side; 20'),
});

/** The keys of `baseline`. */
export const baselineShape = {
  offset: someTime.optional().describe('Compares with the same query this long ago'),
  before: z
    .literal('deploy')
    .optional()
    .describe('Compares with the median of the time before the present release arrived'),
  window: someTime.optional().describe('With before: how much of the time before counts'),
  test: test
    .optional()
    .describe('With before: a threshold in times breaches only if a Mann-Whitney U test says worse, too'),
};

/** What may be left out of `test`. */
const defaultTest = { p: 0.01, effect: 0.5, samples: 20 } as const;

/** `baseline`: what thresholds in times are compared with. null when it is not written, or after a problem. */
export function readBaseline(
  place: Place,
  setting: { readonly signal: Signal | null } & Pick<Rule, 'scope' | 'everyMs'>,
): Baseline | null {
  const { signal } = setting;
  if (place.value === undefined) return null;
  const fields = place.fields(baselineShape);
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  if (signal !== null && !signal.hasPast)
    place.problem(`${signal.kind} has no past to compare with; a baseline needs PromQL`, 'key');
  if (place.has('offset') === place.has('before')) {
    place.problem('expected either offset, e.g. { offset: 1d }, or { before: deploy, window: 30m }');
    return null;
  }
  return place.has('offset') ? readOffset(place, fields) : readBefore(place, fields, setting);
}

/** Why thresholds in times mean nothing in a rule; null when it has a baseline, or what should be one. */
export function timelessIn(rule: Place): Timeless {
  if (rule.has('baseline')) return null;
  return 'compares with a baseline, and this rule has none; add e.g. baseline: { offset: 1d }';
}

/** A baseline that no threshold is compared with is mostly a slip. */
export function checkUse(place: Place, levels: readonly Level[], recover: Rule['recover']): void {
  const thresholds = [...levels.map(({ condition }) => condition.comparison), recover?.comparison];
  if (thresholds.some((comparison) => comparison?.threshold.unit === 'times')) return;
  place.warning(
    'nothing is compared with it; write a threshold in times, e.g. above: 3x',
    'rule/unused-baseline',
    'key',
  );
}

function readOffset(place: Place, { offset }: Fields<typeof baselineShape>): Baseline | null {
  for (const key of ['window', 'test'])
    if (place.has(key)) place.at(key).problem('belongs to before: deploy; offset goes alone', 'key');
  return offset === undefined ? null : { offsetMs: offset };
}

function readBefore(
  place: Place,
  { before, window, test }: Fields<typeof baselineShape>,
  { scope, everyMs }: Pick<Rule, 'scope' | 'everyMs'>,
): Baseline | null {
  if (scope === 'host')
    place.at('before').problem('a rule with scope: host has no release; use offset', 'key');
  if (!place.has('window'))
    place
      .at('before')
      .problem('says not how much of the time before counts; add e.g. window: 30m beside it', 'key');
  if (before === undefined || window === undefined) return null;
  if (test === undefined) return { before, windowMs: window };
  const meant = { ...defaultTest, ...withoutGaps(test) };
  const most = Math.floor(window / everyMs);
  if (meant.samples > most)
    place
      .at('test')
      .problem(`needs ${meant.samples} readings; a window of ${formatDuration(window)} holds ${most}`, 'key');
  return { before, windowMs: window, test: meant };
}

function withoutGaps(written: z.output<typeof test>): Partial<Record<'p' | 'effect' | 'samples', number>> {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}
