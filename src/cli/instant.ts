import { RollbackError } from '../domain/errors.ts';
import { parseDuration } from '../domain/time.ts';
import { optionText, type CliContext } from './command.ts';

const written = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * An option that names an instant, in epoch ms: a date, a date and a time (local unless it ends in `Z` or an offset), or
 * a duration for that long ago. null when it is not given.
 *
 * @throws RollbackError `USAGE` when it is neither
 */
export function optionInstant(context: CliContext, name: string): number | null {
  const text = optionText(context, name);
  if (text === null) return null;
  const ago = parseDuration(text);
  if (ago !== null) return context.clock.now() - ago;
  // A date alone would be taken for UTC, a date with a time for local.
  const at = written.test(text)
    ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN;
  if (Number.isFinite(at)) return at;
  throw new RollbackError(
    'USAGE',
    `--${name}: expected an instant such as 2026-11-20T14:03:00Z, or how long ago such as 20m, got ${text}`,
  );
}
