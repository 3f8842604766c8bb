import { messageOf } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import { formatQuantity, parseQuantity } from '../../domain/quantity.ts';
import { formatDuration, SECOND } from '../../domain/time.ts';
import { msOf } from '../drivers/duration-option.ts';
import type { GuardOptions } from './options.ts';

/** How often a guard that does not hold is asked again. */
const againMs = 1 * SECOND;

/**
 * Waits until the guard holds. Not being able to tell is not holding.
 *
 * @returns null when it holds, or why it did not for as long as its patience
 */
export async function untilHolds(
  guard: GuardOptions,
  { answerer, clock }: { readonly answerer: Answerer; readonly clock: Clock },
  signal: AbortSignal,
): Promise<string | null> {
  const until = clock.now() + msOf(guard.patience);
  for (;;) {
    const problem = await problemOf(guard, answerer, signal);
    if (problem === null || signal.aborted) return problem;
    if (clock.now() >= until) return `${problem} for ${formatDuration(msOf(guard.patience))}`;
    await sleep(clock, againMs, signal);
  }
}

async function problemOf(
  { query, below, above }: GuardOptions,
  answerer: Answerer,
  signal: AbortSignal,
): Promise<string | null> {
  const wanted = parseQuantity(below ?? above ?? 0);
  if (wanted === null) return `the threshold of ${query} cannot be read`;
  try {
    const result = await answerer.query(query, null, signal);
    const values =
      result.type === 'vector'
        ? result.series.map(({ value }) => value)
        : result.type === 'scalar'
          ? [result.value]
          : [];
    const [value, ...others] = values;
    if (value === undefined || others.length > 0 || Number.isNaN(value))
      return `${query} gave ${values.length === 1 ? 'no number' : `${values.length} values`}, not one`;
    if (below === undefined ? value > wanted.value : value < wanted.value) return null;
    const [is, limit] = [value, wanted.value].map((number) => formatQuantity(number, wanted.unit));
    return `${query} was ${is}, not ${below === undefined ? 'above' : 'below'} ${limit},`;
  } catch (error) {
    return `${query} could not be asked (${messageOf(error)})`;
  }
}
