import type { Matcher, VectorSelector } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, type Check, type Hit, type Lint, type ParsedQuery } from '../check.ts';
import { matcherStretch, matcherText } from '../matcher-stretch.ts';
import { selectorsOf } from '../metric-names.ts';

const all = ['query', 'bad', 'total', 'fresh'] as const;

function* selectorsIn(
  lint: Lint,
): Generator<{ readonly query: ParsedQuery; readonly selector: VectorSelector }> {
  for (const query of parsedQueries(lint, all))
    for (const selector of selectorsOf(query.expression)) yield { query, selector };
}

/** Matchers that exclude each other. */
export const impossibleSelector: Check = {
  gravity: 'error',
  why: 'A series has one value of a label; conditions that no value satisfies together select nothing, ever.',
  remedy: 'Remove one of them, or write one matcher with =~ "a|b" if either is meant.',
  *find(lint): Generator<Hit> {
    for (const { query, selector } of selectorsIn(lint)) {
      const pair = contradiction(selector.matchers);
      if (pair === null) continue;
      yield {
        at: stretchOf(query, selector.span),
        message: `no series satisfies both ${matcherText(pair[0])} and ${matcherText(pair[1])}`,
      };
    }
  },
};

function contradiction(matchers: readonly Matcher[]): readonly [Matcher, Matcher] | null {
  for (const [index, one] of matchers.entries())
    for (const other of matchers.slice(index + 1)) {
      if (one.label !== other.label) continue;
      if (one.operator === '=' && !other.matches(one.value)) return [one, other];
      if (other.operator === '=' && !one.matches(other.value)) return [one, other];
      if (excludes(one, other) || excludes(other, one)) return [one, other];
    }
  return null;
}

/** `a=~"x"` and `a!~"x"`. */
function excludes(one: Matcher, other: Matcher): boolean {
  return one.operator === '=~' && other.operator === '!~' && one.value === other.value;
}

/** Regular expressions that are no more than a text. */
export const regexLiteral: Check = {
  gravity: 'info',
  why: 'A plain comparison says what is meant, and is looked up directly.',
  remedy: 'Write = or != instead.',
  *find(lint): Generator<Hit> {
    for (const { query, selector } of selectorsIn(lint))
      for (const matcher of selector.matchers) {
        if (!isRegex(matcher) || matcher.value === '' || /[.*+?^${}()|[\]\\]/.test(matcher.value)) continue;
        yield {
          at: matcherStretch(query, selector, matcher),
          message: `${matcherText(matcher)} is a plain text`,
        };
      }
  },
};

/** `^` and `$`, which are there anyway. */
export const regexAnchors: Check = {
  gravity: 'info',
  why: 'A regular expression always has to match the whole value of a label, so ^ at its start and $ at its end do nothing.',
  remedy: 'Leave them out; write .* where a part of the value is meant.',
  *find(lint): Generator<Hit> {
    for (const { query, selector } of selectorsIn(lint))
      for (const matcher of selector.matchers)
        if (isRegex(matcher) && (matcher.value.startsWith('^') || /(^|[^\\])(\\\\)*\$$/.test(matcher.value)))
          yield {
            at: matcherStretch(query, selector, matcher),
            message: `${matcherText(matcher)} has anchors`,
          };
  },
};

/** `.*`, which every value satisfies, also that of a label that is not there. */
export const regexEverything: Check = {
  gravity: 'warning',
  why: 'Every value matches .*, also an absent one: =~ ".*" changes nothing, and !~ ".*" selects nothing.',
  remedy: 'Remove the matcher, or write .+ where the label has to be there.',
  *find(lint): Generator<Hit> {
    for (const { query, selector } of selectorsIn(lint))
      for (const matcher of selector.matchers)
        if (isRegex(matcher) && /^\^?\(?\.\*\)?\$?$/.test(matcher.value))
          yield {
            at: matcherStretch(query, selector, matcher),
            message: `${matcherText(matcher)} ${matcher.operator === '=~' ? 'is always true' : 'is never true'}`,
          };
  },
};

/** `code="5.."`: what stands there is a pattern, and it is compared as a text. */
export const regexAsText: Check = {
  gravity: 'warning',
  why: 'With = and != a value is compared as it stands: no series has such a value, so = selects nothing, and != everything.',
  remedy:
    'Write =~ or !~ where a pattern is meant; if a label really has this value, silence this with that reason.',
  *find(lint): Generator<Hit> {
    for (const { query, selector } of selectorsIn(lint))
      for (const matcher of selector.matchers)
        if (!isRegex(matcher) && looksLikePattern.test(matcher.value))
          yield {
            at: matcherStretch(query, selector, matcher),
            message: `${matcherText(matcher)} compares a pattern as a plain text`,
          };
  },
};

/** `.*` and `.+`, `a|b`, `[0-9]+`, `5..`: rare in values, and what people write who mean a pattern. */
const looksLikePattern = /\.[*+]|\w\|\w|\][*+?]|^\d\.\.$/;

function isRegex({ operator }: Matcher): boolean {
  return operator === '=~' || operator === '!~';
}
