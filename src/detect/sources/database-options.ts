import { z } from 'zod';
import { SECOND } from '../../domain/time.ts';
import { duration } from './schema.ts';

/** What is asked of a store. */
export type Question =
  | { readonly ask: 'ping' }
  | { readonly ask: 'query'; readonly query: string }
  | { readonly ask: 'keys' }
  | { readonly ask: 'key'; readonly key: string }
  | { readonly ask: 'collection'; readonly collection: string };

/** One question to one of `data_stores`. */
export interface DatabaseOptions {
  readonly store: string;
  readonly question: Question;
  readonly timeoutMs: number;
}

const questions = ['ping', 'query', 'keys', 'key', 'collection'] as const;

/** `database:` as written in a rule or a check. */
export const databaseOptions: z.ZodType<DatabaseOptions> = z
  .strictObject({
    store: z.string().min(1).describe('A name of data_stores'),
    ping: z.literal(true).optional().describe('A probe: passes when the store answers'),
    query: z
      .string()
      .min(1)
      .max(10_000)
      .regex(/^\s*([Ss][Ee][Ll][Ee][Cc][Tt]|[Ww][Ii][Tt][Hh])\b/, {
        error: 'expected a query that begins with SELECT or WITH',
      })
      .refine((query) => !query.includes(';'), { error: 'expected one query, without a semicolon' })
      .refine((query) => !/\binto\s+(outfile|dumpfile)\b/i.test(query), {
        error: 'a query must not write files',
      })
      .optional()
      .describe('Of mysql, postgres and sqlite: its one row of one number is the value; it cannot write'),
    keys: z.literal(true).optional().describe('Of redis: how many keys its database has'),
    key: z.string().min(1).optional().describe('Of redis: the number that a key holds'),
    collection: z
      .string()
      .regex(/^[A-Za-z0-9_.-]+$/, { error: 'expected the name of a collection' })
      .optional()
      .describe('Of mongodb, qdrant and milvus: how many documents or points it has'),
    timeout: duration({ min: 1, max: 30 * SECOND })
      .default(5 * SECOND)
      .describe('From the connection to the answer; 5s unless stated'),
  })
  .transform(({ store, timeout, ...asked }, context): DatabaseOptions => {
    const [first, ...others] = questions.filter((word) => asked[word] !== undefined);
    const question = first === undefined || others.length > 0 ? null : questionIn(asked, first);
    if (question !== null) return { store, question, timeoutMs: timeout };
    context.addIssue({ code: 'custom', message: `needs one of ${questions.join(', ')}` });
    return z.NEVER;
  });

interface Asked {
  readonly query?: string | undefined;
  readonly key?: string | undefined;
  readonly collection?: string | undefined;
}

function questionIn(
  { query = '', key = '', collection = '' }: Asked,
  ask: (typeof questions)[number],
): Question {
  switch (ask) {
    case 'ping':
    case 'keys':
      return { ask };
    case 'query':
      return { ask, query };
    case 'key':
      return { ask, key };
    case 'collection':
      return { ask, collection };
  }
}
