import { z } from 'zod';
import type { Counting } from '../domain/rule.ts';
import { operatorsAt } from './comparisons.ts';
import type { Fields, Place } from './place.ts';
import { duration } from './scalars.ts';
import type { Signal } from './signals.ts';

/** Readings that `need` may look back on: all of them are remembered, for each target. */
const mostReadings = 100;

const readings = (what: string): z.ZodType<number> =>
  z
    .int({
      error: ({ input }) => (input === undefined ? `is missing; ${what}, e.g. ${exampleNeed}` : undefined),
    })
    .min(1)
    .max(mostReadings);
const exampleNeed = 'need: { breaches: 3, of: 5 }';

/** The keys that say how breaching readings are counted, for the shape of levels. */
export const countingShape = {
  for: duration.optional().describe('Fires when readings have breached this long; 0s: at the first'),
  failures: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('Fires after so many failed probes in a row; for signals that pass or fail'),
  need: z
    .strictObject({
      breaches: readings('how many of them must breach').describe('So many readings must breach'),
      of: readings('of how many readings').describe('Of the last so many readings'),
    })
    .optional()
    .describe('Fires when so many of the last readings breach; for signals that flap'),
};

/** How breaching readings are counted; null when nothing says so, or after a problem. */
export function readCounting(
  place: Place,
  { for: forMs, failures, need }: Fields<typeof countingShape>,
  signal: Signal | null,
): Counting | null {
  if (place.has('failures')) {
    checkFailures(place, signal);
    return failures === undefined ? null : { failures };
  }
  if (!place.has('need')) return forMs === undefined ? null : { forMs };
  if (place.has('for'))
    place.at('for').problem('need counts readings, for counts time; a level has one of them', 'key');
  if (need === undefined) return null;
  if (need.breaches > need.of)
    place.at('need').at('breaches').problem(`there are never more than ${need.of} among the last ${need.of}`);
  return { need };
}

function checkFailures(place: Place, signal: Signal | null): void {
  for (const key of [...operatorsAt(place), ...(place.has('for') ? ['for'] : [])])
    place.at(key).problem('failures counts probes; it goes without a comparison and without for', 'key');
  if (place.has('need'))
    place.at('need').problem('failures counts probes in a row, need a share of them; keep one', 'key');
  if (signal?.measures === 'value')
    place
      .at('failures')
      .problem(`${signal.kind} measures a value here; compare it, e.g. above: 90%, for: 1m`, 'key');
}
