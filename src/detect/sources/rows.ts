import { z } from 'zod';
import type { BackupFacts } from '../../domain/backup.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Backups } from '../../domain/ports/backups.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import { formatQuantity, parseQuantity } from '../../domain/quantity.ts';
import type { Reading } from '../../domain/reading.ts';
import { chooseSet, partHolding, setWords, setWordsMeaning } from '../../domain/set-choice.ts';
import { formatDuration, MINUTE, SECOND } from '../../domain/time.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { duration } from './schema.ts';

/** What is counted, and against which set. */
export interface RowsOptions {
  readonly store: string;
  /** As `chooseSet` knows it. */
  readonly set: string;
  readonly tables: readonly string[] | 'all';
  /** Of the rows in the set. */
  readonly atLeast: number;
  /** null: any number. */
  readonly atMost: number | null;
  readonly timeoutMs: number;
  /** The incident that is verified; filled in for checks. */
  readonly incident: string;
}

/** What stands for the incident until a check of it is asked. */
const unfilled = '${incident}';

const share = z
  .string()
  .transform((text, context) => {
    const quantity = parseQuantity(text);
    if (quantity?.unit === 'ratio' && quantity.value >= 0) return quantity.value;
    context.addIssue({ code: 'custom', message: `expected a share such as 100% or 99.5%, got ${text}` });
    return z.NEVER;
  })
  .meta({ pattern: String.raw`^\d+(\.\d+)?\s*%$` });

const rowsOptions: z.ZodType<RowsOptions> = z
  .strictObject({
    store: z.string().min(1).describe('A name of data_stores whose rows are counted'),
    set: z
      .union([z.enum(setWords), z.string().regex(/^b-[0-9a-z-]+$/)])
      .default('newest')
      .describe(`The set whose manifest says how many there were; ${setWordsMeaning}. Newest unless stated`),
    tables: z
      .union([z.literal('all'), z.array(z.string().min(1)).min(1).max(500)])
      .default('all')
      .describe('Tables or collections as the manifest names them; all of its unless stated'),
    at_least: share.default(1).describe('How much of the rows of each must be there; 100% unless stated'),
    at_most: share.optional().describe('And how much at most, e.g. 100%; any number unless stated'),
    timeout: duration({ min: SECOND, max: 10 * MINUTE })
      .default(30 * SECOND)
      .describe('For counting; 30s unless stated'),
  })
  .transform(({ store, set, tables, at_least: atLeast, at_most: atMost, timeout }) => ({
    store,
    set,
    tables,
    atLeast,
    atMost: atMost ?? null,
    timeoutMs: timeout,
    incident: unfilled,
  }));

/** What the source works with. */
export interface RowsParts {
  /** null where none are configured. */
  readonly backups: Backups | null;
  readonly clock: Clock;
}

/**
 * The rows of a store against the manifest of a backup set. A probe: a table with fewer rows than it must have, or with
 * more than it may have, or that is missing, fails it and is named. A store that cannot be asked, a set that is not there, and
 * a table that the set does not know are `error`.
 */
export function rowsSource(parts: RowsParts): Source<RowsOptions> {
  const once = oneAtATime<Seen>();
  return {
    kind: 'rows',
    options: rowsOptions,
    seesDeploys: false,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: ({ store }) => `rows of ${store}`,
    async read(options, subjects, signal) {
      // It is the same for every subject: one store against one set.
      const seen = await once(JSON.stringify(options), () => compare(options, parts, signal));
      const at = parts.clock.now();
      return new Map(subjects.map(({ name }): [string, Reading] => [name, { ...seen, at }]));
    },
  };
}

type Seen =
  | { readonly kind: 'probe'; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: 'error'; readonly detail: string };

async function compare(
  options: RowsOptions,
  { backups, clock }: RowsParts,
  signal: AbortSignal,
): Promise<Seen> {
  const { store, set, timeoutMs } = options;
  if (backups === null) return unknown('no backups are configured, so there is no set to compare with');
  const incident = options.incident === unfilled ? null : options.incident;
  const overdue = new AbortController();
  const cancel = clock.after(timeoutMs, () => overdue.abort());
  const limited = AbortSignal.any([signal, overdue.signal]);
  try {
    const thing = { kind: 'store', name: store } as const;
    const chosen = await chooseSet(backups, { from: set, incident, things: [thing] });
    const counts = partHolding(chosen, thing)?.facts.counts ?? {};
    const archivist = backups.archivist({ kind: 'store', name: store });
    if (archivist.count === undefined) return unknown(`the rows of ${store} cannot be counted here`);
    const live = await untilAborted(archivist.count(store, limited), limited);
    if (live === null) return unknown(`${store} was not counted within ${formatDuration(timeoutMs)}`);
    return judge(options, { id: chosen.id, counts }, live.counts);
  } catch (error) {
    return unknown(messageOf(error).replaceAll(/\s+/g, ' '));
  } finally {
    cancel();
  }
}

/** A library that does not listen must not hold up the reading. */
async function untilAborted(
  counting: Promise<BackupFacts>,
  signal: AbortSignal,
): Promise<BackupFacts | null> {
  const { promise, resolve } = Promise.withResolvers<null>();
  const abort = (): void => resolve(null);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([counting, promise]);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

type Counts = Readonly<Record<string, number>>;

function judge(
  options: RowsOptions,
  { id, counts }: { readonly id: string; readonly counts: Counts },
  live: Counts,
): Seen {
  const { store, tables } = options;
  const names = tables === 'all' ? Object.keys(counts).sort() : tables;
  const strange = names.filter((name) => !Object.hasOwn(counts, name));
  if (strange.length > 0) return unknown(`${id} holds no ${listed(strange)} of ${store}`);
  if (names.length === 0) return unknown(`${id} counted nothing in ${store}`);
  const problems = names.flatMap((name) =>
    problemOf(options, {
      name,
      expected: counts[name] ?? 0,
      live: Object.hasOwn(live, name) ? live[name] : null,
    }),
  );
  if (problems.length > 0) return probe(false, `${store} against ${id}: ${listed(problems)}`);
  const what = names.length === 1 ? (names[0] ?? '') : `each of ${names.length} tables`;
  const most = options.atMost === null ? '' : ` and at most ${formatQuantity(options.atMost, 'ratio')}`;
  const least = formatQuantity(options.atLeast, 'ratio');
  return probe(true, `${what} of ${store} has at least ${least}${most} of the rows of ${id}`);
}

function problemOf(
  { atLeast, atMost }: RowsOptions,
  table: { readonly name: string; readonly expected: number; readonly live: number | null | undefined },
): readonly string[] {
  const { name, expected, live } = table;
  if (live === null || live === undefined) return [`${name} is missing (${expected} rows)`];
  const wrong = live < expected * atLeast || (atMost !== null && live > expected * atMost);
  return wrong ? [`${name} has ${live} rows, ${expected} in the set`] : [];
}

/** Tables that are named; the rest is a number. */
const mostNamed = 10;

function listed(texts: readonly string[]): string {
  const more = texts.length - mostNamed;
  return `${texts.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function probe(passed: boolean, detail: string): Seen {
  return { kind: 'probe', passed, detail };
}

function unknown(detail: string): Seen {
  return { kind: 'unknown', why: 'error', detail };
}
