import { z } from 'zod';
import { durationPattern, formatDuration, parseDuration } from '../../domain/time.ts';

/** A duration such as `90s`, `5m` or `1h30m`, as milliseconds within the bounds. */
export function duration({ min, max }: { readonly min: number; readonly max: number }): z.ZodType<number> {
  return z
    .string({ error: () => 'expected a duration such as 90s, 5m or 1h30m' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= min && ms <= max) return ms;
      const problem =
        ms === null
          ? `expected a duration such as 90s, 5m or 1h30m, got ${text}`
          : `expected ${formatDuration(min)} to ${formatDuration(max)}, got ${text}`;
      context.addIssue({ code: 'custom', message: problem });
      return z.NEVER;
    })
    .meta({ pattern: durationPattern });
}
