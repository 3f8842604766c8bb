import { schedule, validateDetailed, type ParsedFields } from 'node-cron';
import { RollbackError } from '../domain/errors.ts';
import type { Crontab } from '../domain/ports/crontab.ts';
import { lastOccurrence, type CronFields } from './last-occurrence.ts';

/** Five-field cron expressions by node-cron, in the machine's time zone. */
export function crontab(): Crontab {
  // Expressions come from the configuration: a handful, asked about at every decision.
  const parsed = new Map<string, CronFields>();
  const fieldsOf = (expression: string): CronFields => {
    const fields = parsed.get(expression) ?? parse(expression);
    parsed.set(expression, fields);
    return fields;
  };
  return {
    problem: problemWith,
    lastWithin: (expression, from, to) => lastOccurrence(fieldsOf(expression), from, to),
    schedule(expression, call) {
      parse(expression);
      const task = schedule(expression, () => call(), { unref: true, suppressMissedWarning: true });
      return () => void task.destroy();
    },
  };
}

/** null when the expression is valid, else why it is not. */
function problemWith(expression: string): string | null {
  const written = expression.trim() === '' ? 0 : expression.trim().split(/\s+/).length;
  if (written !== 5)
    return `expected five fields (minute, hour, day of month, month, day of week), got ${written}`;
  const { valid, errors, fields } = validateDetailed(expression);
  if (!valid || fields === undefined)
    return errors.map(({ field, value }) => `${value ?? ''} is not a ${words[field] ?? field}`).join('; ');
  return allNumbers(fields)
    ? null
    : 'L, W and # are not understood: use numbers, names, ranges, lists and steps';
}

const words: Readonly<Record<string, string>> = {
  dayOfMonth: 'day of month',
  dayOfWeek: 'day of week',
};

function allNumbers({ dayOfMonth, dayOfWeek }: ParsedFields): boolean {
  return [...dayOfMonth, ...dayOfWeek].every((value) => typeof value === 'number');
}

function parse(expression: string): CronFields {
  const problem = problemWith(expression);
  const { fields } = validateDetailed(expression);
  if (problem !== null || fields === undefined)
    throw new RollbackError(
      'CONFIG_INVALID',
      `cron expression ${JSON.stringify(expression)} is invalid: ${problem ?? 'unreadable'}`,
    );
  const { minute, hour, month } = fields;
  return {
    minute,
    hour,
    month,
    dayOfMonth: fields.dayOfMonth.map(Number),
    dayOfWeek: fields.dayOfWeek.map(Number),
  };
}
