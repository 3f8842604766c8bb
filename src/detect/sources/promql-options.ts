import { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import { HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { parseQuery } from '../../promql/parse.ts';
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
  /** Who answers while Prometheus does not, or nobody; left out, what the main file says. */
  readonly fallback?: 'scrape' | 'none';
}

const promql = z
  .string()
  .trim()
  .min(1, 'expected a PromQL expression')
  .refine((text) => !text.includes('${'), {
    error: 'templates are not filled in inside of PromQL; aggregate by the labels of the targets instead',
  });

const shape = {
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
};
const fallback = z
  .enum(['scrape', 'none'])
  .optional()
  .describe('Who answers while Prometheus does not; what the main file says unless stated');
const ofScrape = z.strictObject(shape);
const ofPrometheus = z.strictObject({ ...shape, fallback });
type Written = z.output<typeof ofPrometheus>;

/** `prometheus:` as written in a rule or a check. */
export const prometheusOptions: z.ZodType<PromqlSignal> = ofPrometheus.superRefine(refuse).transform(meant);

/** `scrape:` as written in a rule or a check: the same, but that nobody else can answer. */
export const scrapeOptions: z.ZodType<PromqlSignal> = ofScrape
  .superRefine(refuse)
  .superRefine(refuseUnreadable)
  .transform(meant);

function meant({ query, ratio, fresh, max_age, on_empty, fallback }: Written): PromqlSignal {
  return {
    ask: ratio ?? { query: query ?? '' },
    fresh: fresh === undefined ? null : { selector: fresh, maxAgeMs: max_age ?? 2 * MINUTE },
    emptyIsOk: on_empty === 'ok',
    windowMs: Math.max(...[query, ratio?.bad, ratio?.total].map((text) => longestRange(text ?? ''))),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

function refuse(options: Written, context: z.RefinementCtx): void {
  const problem = problemOf(options);
  if (problem !== null) context.addIssue({ code: 'custom', ...problem });
}

/** Whoever reads pages by himself must understand the queries, too. */
function refuseUnreadable({ query, ratio, fresh }: Written, context: z.RefinementCtx): void {
  const queries: [path: string[], text: string | undefined][] = [
    [['query'], query],
    [['ratio', 'bad'], ratio?.bad],
    [['ratio', 'total'], ratio?.total],
    [['fresh'], fresh],
  ];
  for (const [path, text] of queries) {
    const problem = text === undefined ? null : queryProblem(text);
    if (problem !== null) context.addIssue({ code: 'custom', path, message: problem });
  }
}

function queryProblem(text: string): string | null {
  try {
    parseQuery(text);
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function problemOf(options: Written): { path: string[]; message: string } | null {
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
