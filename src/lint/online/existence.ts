import { DAY, formatDuration, SECOND } from '../../domain/time.ts';
import type { Matcher, VectorSelector } from '../../promql/ast.ts';
import { stretchOf, textOf, type ParsedQuery } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { matcherStretch, matcherText } from '../matcher-stretch.ts';
import type { Answered, Asking } from './asking.ts';
import { selectorText } from './selector-text.ts';
import { unanswered } from './unanswered.ts';

/** Whether the series that a selector names are there: the metric, and the values of its labels. */
export async function findMissing(
  asking: Asking,
  query: ParsedQuery,
  selector: VectorSelector,
  now: number,
): Promise<readonly CodedHit[]> {
  const at = stretchOf(query, selector.span);
  const there = await asking.number(`count(${selectorText(selector)})`);
  if ('failure' in there) return [unanswered(at, `whether ${textOf(query, selector.span)} exists`, there)];
  if (there.value !== null) return [];
  const [name, ...others] = selector.matchers;
  if (name?.label !== '__name__') return [await missingWhole(asking, query, selector, now)];
  const metric = selectorText(selector, [name]);
  const anyOfIt = await asking.number(`count(${metric})`);
  if ('failure' in anyOfIt) return [unanswered(at, `whether ${metric} exists`, anyOfIt)];
  if (anyOfIt.value === null)
    return [await missingWhole(asking, query, { ...selector, matchers: [name] }, now)];
  for (const matcher of others) {
    const hit = await missingValue(asking, query, { selector, name, matcher }, now);
    if (hit !== null) return [hit];
  }
  return [
    {
      code: 'online/no-label-value',
      at,
      message: `${name.value} has series for each of these matchers, but none for all of them together`,
      ...ofBad(query),
    },
  ];
}

async function missingWhole(
  asking: Asking,
  query: ParsedQuery,
  selector: VectorSelector,
  now: number,
): Promise<CodedHit> {
  const text = selectorText(selector);
  const seen = await lastSeen(asking, text, now);
  return {
    code: 'online/no-series',
    at: stretchOf(query, selector.span),
    message: `${text} ${seen}`,
  };
}

async function missingValue(
  asking: Asking,
  query: ParsedQuery,
  { selector, name, matcher }: { selector: VectorSelector; name: Matcher; matcher: Matcher },
  now: number,
): Promise<CodedHit | null> {
  const at = matcherStretch(query, selector, matcher);
  const text = selectorText(selector, [name, matcher]);
  const there = await asking.number(`count(${text})`);
  if ('failure' in there) return unanswered(at, `whether ${text} exists`, there);
  if (there.value !== null) return null;
  const seen = await lastSeen(asking, text, now);
  return {
    code: 'online/no-label-value',
    at,
    message: `${name.value} with ${matcherText(matcher)} ${seen}`,
    ...ofBad(query),
  };
}

/** What counts failures may well have none. */
function ofBad({ role }: ParsedQuery): { readonly gravity?: 'info' } {
  return role === 'bad' ? { gravity: 'info' } : {};
}

/** When there last was a sample, in a day by the minute, in a week by ten minutes. */
async function lastSeen(asking: Asking, selector: string, now: number): Promise<string> {
  const spans = [
    ['1d:1m', DAY],
    ['7d:10m', 7 * DAY],
  ] as const;
  let failure: Answered<never> | null = null;
  for (const [range, ms] of spans) {
    const seen = await asking.number(`max(max_over_time(timestamp(${selector})[${range}]))`);
    if ('failure' in seen) {
      failure = seen;
      break;
    }
    if (seen.value !== null)
      return `vanished ${formatDuration(Math.max(0, now - seen.value * SECOND))} ago (seen within ${formatDuration(ms)})`;
  }
  return failure === null
    ? 'does not exist, and did not in the last 7d'
    : 'does not exist now; whether it did before could not be asked';
}
