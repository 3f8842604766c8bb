/** Durations and instants. Durations are milliseconds (`…Ms`); instants are epoch milliseconds (`…At`, `at`). */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const unitMs: Record<string, number> = { ms: 1, s: SECOND, m: MINUTE, h: HOUR, d: DAY };
/** How a duration is written, for editors; `parseDuration` is what decides. */
export const durationPattern = String.raw`^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$`;

const part = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/y;

/**
 * Reads `90s`, `1h30m`, `250ms`, `30d`. A bare number is refused: it has no unit.
 *
 * @returns milliseconds, or null when the text is not a duration
 */
export function parseDuration(text: string): number | null {
  if (text === '') return null;
  let total = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return null;
    total += Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : null;
}

/** Writes the duration as people write it: `1h30m`, `45s`, `250ms`, `1.4s`. */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < SECOND) return `${Math.round(ms)}ms`;
  if (ms < 10 * SECOND) return `${Math.round(ms / 100) / 10}s`;
  const parts: string[] = [];
  let rest = Math.round(ms / SECOND) * SECOND;
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const size = unitMs[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join('');
}
