import { z } from 'zod';
import { HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { longestRange } from './promql-window.ts';
import { duration } from './schema.ts';

/** What a rule asks in PromQL, whoever answers. */
export interface PromqlSignal {
  readonly ask:
    | { readonly query: string }
    /** `bad / total` by target, once `total` is at least `min`. */
    | { readonly bad: string; readonly total: string; readonly min: number };
  /** Samples of this selector must not be older than this, or nothing counts. */
  readonly fresh: { readonly selector: string; readonly maxAgeMs: number } | null;
  /** A filter query: what it does not return is ok. */
  readonly emptyIsOk: boolean;
  readonly windowMs: number;
}

const promql = z
  .string()
  .trim()
  .min(1, 'expected a PromQL expression')
  .refine((text) => !text.includes('${'), {
    error: 'templates are not filled in inside of PromQL; aggregate by the labels of the targets instead',
  });

const written = z.strictObject({
  query: promql.optional().describe('A PromQL expression; one series for each target'),
  ratio: z
    .strictObject({
      bad: promql.describe('What counts as bad; no series at all counts as none'),
      total: promql.describe('All of it'),
      min: z.number().min(0).default(0).describe('Below this total there is too little to judge'),
    })
    .optional()
    .describe('bad / total, for each target'),
  fresh: promql.optional().describe('A selector whose samples must not be older than max_age'),
  max_age: duration({ min: SECOND, max: HOUR }).optional().describe('2m unless stated'),
  on_empty: z.literal('ok').optional().describe('A filter query: what it does not return is ok'),
});

/** `prometheus:` or `scrape:` as written in a rule or a check. */
export const promqlOptions: z.ZodType<PromqlSignal> = written
  .superRefine((options, context) => {
    const problem = problemOf(options);
    if (problem !== null) context.addIssue({ code: 'custom', ...problem });
  })
  .transform(({ query, ratio, fresh, max_age, on_empty }) => ({
    ask: ratio ?? { query: query ?? '' },
    fresh: fresh === undefined ? null : { selector: fresh, maxAgeMs: max_age ?? 2 * MINUTE },
    emptyIsOk: on_empty === 'ok',
    windowMs: Math.max(...[query, ratio?.bad, ratio?.total].map((text) => longestRange(text ?? ''))),
  }));

function problemOf(options: z.output<typeof written>): { path: string[]; message: string } | null {
  if ((options.query === undefined) === (options.ratio === undefined))
    return { path: [], message: 'expected either query or ratio' };
  if (options.ratio !== undefined && options.on_empty !== undefined)
    return {
      path: ['on_empty'],
      message: 'on_empty belongs to query: an absent `bad` of a ratio is 0 anyway',
    };
  if (options.max_age !== undefined && options.fresh === undefined)
    return { path: ['max_age'], message: 'max_age needs fresh: a selector whose samples have an age' };
  return null;
}
