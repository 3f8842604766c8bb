import { formatDuration, MINUTE } from '../../domain/time.ts';
import { parsedQueries, stretchOf, type Check, type Hit, type ParsedQuery } from '../check.ts';
import { counterFunctions, gaugeFunctions } from '../metric-names.ts';
import { queryCost, samplesAMinute } from '../cost.ts';
import { bare, walk } from '../walk.ts';

const needTwo: ReadonlySet<string> = new Set([...counterFunctions, ...gaugeFunctions, 'changes']);

/** Ranges in which two samples need not lie. */
export const rangeShort: Check = {
  gravity: 'warning',
  why: 'Such a function needs two samples; in a range shorter than two scrapes there is often only one, and then the rule reads nothing.',
  remedy: 'Widen the range to at least four scrape intervals, so that one lost scrape changes nothing.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node } of walk(query.expression)) {
        if (node.kind !== 'call' || !needTwo.has(node.name)) continue;
        for (const arg of node.args.map(bare)) {
          if (arg.kind !== 'range' && arg.kind !== 'subquery') continue;
          const stepMs = arg.kind === 'range' ? lint.scrapeMs(query.signal) : (arg.stepMs ?? MINUTE);
          if (arg.rangeMs >= 2 * stepMs) continue;
          const every = arg.kind === 'range' ? 'the scrape interval' : 'the step of the subquery';
          yield {
            at: stretchOf(query, arg.span),
            message: `${node.name}() over ${formatDuration(arg.rangeMs)}, less than twice ${every} (${formatDuration(stepMs)})`,
          };
        }
      }
  },
};

const mostSteps = 1_000;

/** Subqueries that evaluate their inner part very often. */
export const subqueryCost: Check = {
  gravity: 'warning',
  why: 'A subquery evaluates its inner expression at every step of its range, each time the rule is read.',
  remedy: 'Widen the step, shorten the range, or let a recording rule compute the inner part.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint))
      for (const { node } of walk(query.expression)) {
        if (node.kind !== 'subquery') continue;
        const steps = Math.floor(node.rangeMs / (node.stepMs ?? MINUTE));
        if (steps > mostSteps)
          yield {
            at: stretchOf(query, node.span),
            message: `a subquery of ${steps} steps, at each reading; more than ${mostSteps} is much`,
          };
      }
  },
};

const mostSamplesAMinute = 20_000;

/** Queries that read much for every series. */
export const cost: Check = {
  gravity: 'warning',
  why: 'Prometheus reads every sample of every range again at each reading, and answers everybody else more slowly meanwhile.',
  remedy:
    'Read the rule less often (every), shorten the range, or let a recording rule compute the long part.',
  *find(lint): Generator<Hit> {
    for (const query of parsedQueries(lint)) {
      const everyMs = query.signal.rule?.everyMs;
      if (everyMs === undefined) continue;
      const samples = queryCost(query.expression, lint.scrapeMs(query.signal));
      const aMinute = samplesAMinute(samples, everyMs);
      if (aMinute > mostSamplesAMinute)
        yield { at: stretchOf(query, longest(query)), message: costs(aMinute, samples, everyMs) };
    }
  },
};

function costs(aMinute: number, samples: number, everyMs: number): string {
  return `about ${Math.round(aMinute)} samples a minute for each series (${Math.round(samples)} every ${formatDuration(everyMs)})`;
}

function longest({ expression }: ParsedQuery) {
  let [found, longestMs] = [expression, 0];
  for (const { node } of walk(expression))
    if ((node.kind === 'range' || node.kind === 'subquery') && node.rangeMs > longestMs)
      [found, longestMs] = [node, node.rangeMs];
  return found.span;
}

/** `max_age` that samples reach between two scrapes. */
export const maxAgeShort: Check = {
  gravity: 'warning',
  why: 'Samples are up to one scrape interval old when all is well; a max_age below two intervals calls healthy series stale whenever one scrape is late.',
  remedy: 'Raise max_age to at least two scrape intervals.',
  *find(lint): Generator<Hit> {
    for (const signal of lint.signals) {
      const { maxAgeMs } = signal;
      const scrapeMs = lint.scrapeMs(signal);
      if (maxAgeMs === null || maxAgeMs >= 2 * scrapeMs) continue;
      yield {
        at: signal.file.value([...signal.path, 'max_age']),
        message: `max_age ${formatDuration(maxAgeMs)} is less than twice the scrape interval (${formatDuration(scrapeMs)})`,
      };
    }
  },
};
