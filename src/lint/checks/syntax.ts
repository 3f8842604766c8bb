import type { Expression } from '../../promql/ast.ts';
import { parsedQueries, stretchOf, type Check, type Hit } from '../check.ts';
import { bare, isScalar, walk } from '../walk.ts';

/** Whatever the parser and its type check refuse. */
export const syntax: Check = {
  gravity: 'error',
  why: 'A query that cannot be evaluated never gives a reading, so the rule is blind.',
  remedy: 'Correct the query at the marked place.',
  *find({ signals }): Generator<Hit> {
    for (const query of signals.flatMap(({ queries }) => queries))
      if (query.problem !== null && !isRefused(query.problem.message))
        yield { at: stretchOf(query, query.problem.span), message: query.problem.message };
  },
};

/** PromQL that a server may answer, and our own engine refuses. */
export const unsupported: Check = {
  gravity: 'warning',
  why: 'Native histograms and experimental syntax are answered by some Prometheus servers only, and neither by scrape nor by tests and backtests of rules.',
  remedy:
    'Write it with stable functions over floats, or keep it where the Prometheus is known to answer it.',
  *find({ signals }): Generator<Hit> {
    for (const query of signals.flatMap(({ queries }) => queries))
      if (query.problem !== null && isRefused(query.problem.message))
        yield {
          at: stretchOf(query, query.problem.span),
          message: query.problem.message,
          ...(query.signal.kind === 'scrape' ? { gravity: 'error' as const } : {}),
        };
  },
};

/** The parser says so of what it knows and does not do. */
function isRefused(message: string): boolean {
  return message.includes('not supported');
}

/** A rule compares numbers: one for each element of an instant vector, or a scalar. */
export const resultType: Check = {
  gravity: 'error',
  why: 'A rule compares one number a target; a range vector has many, and a string has none.',
  remedy: 'Put a function around it that makes an instant vector of it, such as rate() or max_over_time().',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint)) {
      const type = oddType(query.expression);
      if (type !== null)
        yield { at: stretchOf(query, query.expression.span), message: `the query returns ${type}` };
    }
    for (const query of parsedQueries(lint, ['fresh'])) {
      if (bare(query.expression).kind === 'selector') continue;
      yield {
        at: stretchOf(query, query.expression.span),
        message: 'fresh is not a selector',
        remedy:
          'Name the series whose samples must be young, e.g. up{job="shop"}: the age of a result is always 0.',
      };
    }
  },
};

function oddType(node: Expression): string | null {
  const { kind } = bare(node);
  if (kind === 'range' || kind === 'subquery') return 'a range vector';
  return kind === 'string' ? 'a string' : null;
}

/** A query that reads no series says the same for ever. */
export const constant: Check = {
  gravity: 'warning',
  why: 'A query without a selector reads nothing of production: its value is the same for every target.',
  remedy: 'Select the series that the rule is about.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint)) {
      const nodes = [...walk(query.expression)].map(({ node }) => node);
      if (nodes.some(({ kind }) => kind === 'selector' || kind === 'string')) continue;
      const what = isScalar(query.expression) ? 'a number' : 'a vector';
      yield {
        at: stretchOf(query, query.expression.span),
        message: `the query is ${what} that depends on no series`,
      };
    }
  },
};
