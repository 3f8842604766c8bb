/** The fields of a cron expression, each as the numbers it allows. Months count from 1, Sunday is 0. */
export interface CronFields {
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly dayOfMonth: readonly number[];
  readonly month: readonly number[];
  readonly dayOfWeek: readonly number[];
}

/**
 * The last occurrence in `(from, to]`, epoch ms, in the machine's time zone; null when there is none.
 *
 * Day of month and day of week must both match. A time that daylight saving skips happens at the same distance after
 * the gap; one that it repeats happens the first time only.
 */
export function lastOccurrence(fields: CronFields, from: number, to: number): number | null {
  const day = new Date(to);
  // Noon: stepping back a day from it never lands in the wrong one, however long days are.
  day.setHours(12, 0, 0, 0);
  while (endOf(day) > from) {
    const last = matchesDay(fields, day) ? lastOfDay(fields, day, from, to) : null;
    if (last !== null) return last;
    day.setDate(day.getDate() - 1);
  }
  return null;
}

function endOf(day: Date): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
}

function matchesDay({ dayOfMonth, month, dayOfWeek }: CronFields, day: Date): boolean {
  return (
    month.includes(day.getMonth() + 1) &&
    dayOfMonth.includes(day.getDate()) &&
    dayOfWeek.includes(day.getDay())
  );
}

function lastOfDay({ hour, minute }: CronFields, day: Date, from: number, to: number): number | null {
  let last: number | null = null;
  for (const h of hour)
    for (const m of minute) {
      const at = new Date(day.getFullYear(), day.getMonth(), day.getDate(), h, m).getTime();
      if (at > from && at <= to && at > (last ?? from)) last = at;
    }
  return last;
}
