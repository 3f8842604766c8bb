import { DAY, SECOND, parseDuration } from '../../domain/time.ts';

const range = /\[\s*([\dsmhdwy]+)\s*(:[^\]]*)?\]/g;

/**
 * How far a query looks back, in ms: its longest range, `[5m]`, and what its longest subquery, `[1h:1m]`, adds.
 * Brackets inside of strings and comments are text. 0 when there are none.
 */
export function longestRange(query: string): number {
  let plain = 0;
  let subquery = 0;
  for (const [, text = '', step] of withoutText(query).matchAll(range)) {
    if (step === undefined) plain = Math.max(plain, rangeMs(text));
    else subquery = Math.max(subquery, rangeMs(text));
  }
  return plain + subquery;
}

function withoutText(query: string): string {
  return query.replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*/g, '""');
}

/** PromQL has weeks and years, and takes a bare number for seconds. */
function rangeMs(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  const [, years = '0', weeks = '0', rest = ''] = /^(?:(\d+)y)?(?:(\d+)w)?(.*)$/.exec(text) ?? [];
  return (Number(years) * 365 + Number(weeks) * 7) * DAY + (parseDuration(rest) ?? 0);
}
