/** Parts of the date, in UTC, that a value in Unix seconds stands for. Fractions of a second are cut off. */
export const dateFunctions: Readonly<Record<string, (seconds: number) => number>> = {
  day_of_month: (seconds) => dateOf(seconds).date.getUTCDate(),
  day_of_week: (seconds) => dateOf(seconds).date.getUTCDay(),
  day_of_year: (seconds) => dayOfYear(dateOf(seconds).date),
  days_in_month: (seconds) => daysInMonth(dateOf(seconds).date),
  hour: (seconds) => dateOf(seconds).date.getUTCHours(),
  minute: (seconds) => dateOf(seconds).date.getUTCMinutes(),
  month: (seconds) => dateOf(seconds).date.getUTCMonth() + 1,
  year: (seconds) => {
    const { date, skippedYears } = dateOf(seconds);
    return date.getUTCFullYear() + skippedYears;
  },
};

const dayMs = 86_400_000;
/** The calendar repeats after 400 years, weekdays included. */
const cycleYears = 400;
const cycleSeconds = 146_097n * 86_400n;
/** Dates of JavaScript reach this far from 1970. */
const reachSeconds = 8_640_000_000_000;
/** Where Go's clock, which counts from a distant past, wraps around. */
const earliestSeconds = -9_223_372_028_715_321_600n;

function dateOf(seconds: number): { date: Date; skippedYears: number } {
  if (Math.abs(seconds) <= reachSeconds)
    return { date: new Date(Math.trunc(seconds) * 1000), skippedYears: 0 };
  const whole = wrapped(seconds);
  const cycles = whole / cycleSeconds;
  const date = new Date(Number(whole - cycles * cycleSeconds) * 1000);
  return { date, skippedYears: Number(cycles) * cycleYears };
}

/** The seconds as Go's clock takes them; what is no int64 becomes the smallest one, as on its common platforms. */
function wrapped(seconds: number): bigint {
  const whole = Math.abs(seconds) < 2 ** 63 ? BigInt(Math.trunc(seconds)) : -(2n ** 63n);
  return whole < earliestSeconds ? whole + 2n ** 64n : whole;
}

function dayOfYear(date: Date): number {
  const day = Date.UTC(2000 + (date.getUTCFullYear() % cycleYears), date.getUTCMonth(), date.getUTCDate());
  return (day - Date.UTC(2000 + (date.getUTCFullYear() % cycleYears), 0, 1)) / dayMs + 1;
}

function daysInMonth(date: Date): number {
  return new Date(
    Date.UTC(2000 + (date.getUTCFullYear() % cycleYears), date.getUTCMonth() + 1, 0),
  ).getUTCDate();
}
