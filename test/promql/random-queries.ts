import * as fc from 'fast-check';
import type { SampledSeries } from '../e2e/prometheus-of-samples.ts';

/** Where the samples of random series lie. Whole hours, as everything in the blocks of a Prometheus. */
export const firstMs = Date.UTC(2026, 0, 5, 12);
const lengthMs = 30 * 60_000;

/**
 * Differences of Prometheus 2.42 to 3.5, which are avoided by construction:
 *
 * - its windows and its lookback are closed on the left: samples lie beside full seconds, queries are asked at 7 s past
 *   full 10 s, and every range, offset and step is a multiple of 10 s. A subquery stands in no other subquery;
 * - it limits the extrapolation of counters to zero before the threshold: counters are far above zero;
 * - it knows no compensated `sum` and `avg`, and rounds differently: what jumps (comparisons, rounding, ranks, values as
 *   labels, buckets) is only asked of whole numbers, `exact` below;
 * - its sums keep the sign of zero, on which divisions, powers and labels made of values depend: those are asked of what
 *   is not zero or has no sign;
 * - what depends on the time of the evaluation, as `predict_linear`, moves the window of `@` from step to step;
 * - its `atan2` keeps the name: it is asked of what has none;
 * - its `timestamp` forgets an offset beside `@`;
 * - its deviations take an infinite first value for a number: they are asked of what can have none;
 * - it checks for equal labels step by step where 3.5 looks at whole series: labels are only added.
 */
const windows = fc.constantFrom('50s', '1m', '2m', '5m', '10m');
const shifts = fc.oneof(
  { weight: 8, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(' offset 1m', ' offset 90s', ' offset -30s') },
  { weight: 1, arbitrary: fc.constantFrom(...[127, 607, 1207].map((s) => ` @ ${firstMs / 1_000 + s}`)) },
  { weight: 1, arbitrary: fc.constantFrom(' @ start()', ' @ end()', ' @ end() offset 1m') },
);
const subqueryShape = fc
  .tuple(fc.constantFrom('2m', '5m', '10m'), fc.constantFrom('', '10s', '30s', '70s'), shifts)
  .map(([range, step, shift]) => `[${range}:${step}]${shift}`);

const matchers = fc.constantFrom(
  '',
  '',
  '',
  '{}',
  '{job="a"}',
  '{job!="a"}',
  '{instance=~"1|2"}',
  '{zone=""}',
  '{zone=~".+",job="b"}',
  '{instance!~"1.*"}',
  '{job="nowhere"}',
);
const selector = (names: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...names), matchers).map((parts) => parts.join(''));
const gauges = ['temperature', 'queue'] as const;
const counters = ['requests_total', 'errors_total'] as const;
const anyName = fc.constant('{__name__=~"temperature|queue"}');

const grouping = fc.constantFrom(
  '',
  ' by (job)',
  ' by (job, zone)',
  ' by ()',
  ' without (instance)',
  ' without (job, nope)',
  ' by (__name__)',
);
const matching = fc.constantFrom(
  '',
  'ignoring (zone)',
  'on (job, instance)',
  'on (job)',
  'ignoring (instance)',
);
const grouped = fc.constantFrom(
  '',
  ' group_left ()',
  ' group_right ()',
  ' group_left (zone)',
  ' group_right (made)',
);
const joint = fc.tuple(matching, grouped).map(([on, group]) => (on === '' ? '' : `${on}${group} `));
const number = fc.constantFrom('0', '1', '2', '-3', '10', '0.5', '100', '1e3');

interface Queries {
  scalar: string;
  exact: string;
  tame: string;
  wild: string;
  exactRange: string;
  tameRange: string;
}

const text = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((all) => all.join(''));
const oneOf = (...names: string[]): fc.Arbitrary<string> => fc.constantFrom(...names);

/** Which of equal elements a rank takes is open; those of a group together have the same values all the same. */
const ranked = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(oneOf('sum', 'count', 'max'), oneOf('topk', 'bottomk'), grouping, inner)
    .map(([fold, rank, by, query]) => `${fold}${by} (${rank}${by} (2, ${query}))`);

const { wild } = fc.letrec<Queries>((tie: fc.LetrecTypedTie<Queries>) => {
  const gauge = selector(gauges);
  const ranged = text(gauge, '[', windows, ']', shifts);
  return {
    scalar: fc.oneof(
      { depthSize: 'small' },
      number,
      text('scalar(', tie('exact'), ')'),
      oneOf('time()', 'pi()'),
    ),
    exact: fc.oneof(
      { depthSize: 'small' },
      text(gauge, shifts),
      text(selector(counters), shifts),
      text('(', anyName, ' > 20)'),
      text(oneOf('sum', 'min', 'max', 'count', 'group'), grouping, ' (', tie('exact'), ')'),
      ranked(tie('exact')),
      text('count_values', grouping, ' ("seen", abs(', tie('exact'), '))'),
      text('(', tie('exact'), oneOf(' + ', ' - ', ' * '), joint, tie('exact'), ')'),
      text('(', tie('exact'), oneOf(' > ', ' < ', ' >= ', ' == ', ' != '), joint, tie('exact'), ')'),
      text('(', tie('exact'), oneOf(' and ', ' or ', ' unless '), matching, ' ', tie('exact'), ')'),
      text('(', tie('exact'), oneOf(' > ', ' <= bool ', ' == ', ' != bool '), number, ')'),
      text('(', oneOf('5', '20'), oneOf(' > ', ' <= bool '), tie('exact'), ')'),
      text('-', gauge),
      text(oneOf('abs', 'sgn', 'floor', 'ceil', 'sort', 'sort_desc'), '(', tie('exact'), ')'),
      text('round(', tie('exact'), oneOf('', ', 5', ', 10'), ')'),
      text('clamp(', tie('exact'), oneOf(', 0, 30', ', 30, 0'), ')'),
      text(oneOf('clamp_min', 'clamp_max'), '(', tie('exact'), ', 15)'),
      text('absent(', gauge, shifts, ')'),
      text('timestamp(', gauge, oneOf('', ' offset 1m', ' @ start()'), ')'),
      text('label_replace(', tie('exact'), ', "made", "$1-x", "instance", "(1).*")'),
      text('label_join(', tie('exact'), ', "joined", "/", "job", "zone", "nope")'),
      text(
        oneOf('changes', 'resets', 'count_over_time', 'present_over_time', 'absent_over_time'),
        '(',
        tie('exactRange'),
        ')',
      ),
      text(oneOf('last', 'max', 'min', 'sum'), '_over_time(', tie('exactRange'), ')'),
      text(oneOf('idelta'), '(', ranged, ')'),
      text(oneOf('day_of_week', 'hour', 'minute', 'month', 'days_in_month'), '(', tie('exact'), ')'),
      text('vector(', number, ')'),
    ),
    exactRange: fc.oneof(
      ranged,
      text('(', gauge, ')', subqueryShape),
      text('(sum', grouping, ' (', gauge, '))', subqueryShape),
    ),
    tameRange: fc.oneof(
      ranged,
      text('(avg', grouping, ' (', gauge, '))', subqueryShape),
      text('rate(', selector(counters), '[1m])', subqueryShape),
    ),
    tame: fc.oneof(
      { depthSize: 'small' },
      tie('exact'),
      text(oneOf('rate', 'increase', 'irate'), '(', selector(counters), '[', windows, ']', shifts, ')'),
      text(oneOf('delta', 'deriv'), '(', ranged, ')'),
      text(
        'predict_linear(',
        gauge,
        '[',
        windows,
        ']',
        oneOf('', ' offset 1m'),
        ', ',
        oneOf('60', '-30', '3600'),
        ')',
      ),
      text(oneOf('avg', 'stddev', 'stdvar'), grouping, ' (', tie('exact'), ')'),
      text(oneOf('sum', 'avg', 'min', 'max'), grouping, ' (', tie('tame'), ')'),
      text('quantile', grouping, ' (', oneOf('0.5', '0.9', '0', '1', '-1', '2'), ', ', tie('exact'), ')'),
      text('quantile_over_time(', oneOf('0.5', '0.95'), ', ', tie('exactRange'), ')'),
      text(oneOf('avg', 'stddev', 'stdvar', 'max', 'min', 'sum'), '_over_time(', tie('tameRange'), ')'),
      text('histogram_quantile(', oneOf('0.5', '0.9', '0.99'), ', latency_bucket', matchers, ')'),
      text('histogram_quantile(0.9, sum by (le', oneOf('', ', job', ', instance'), ') (latency_bucket))'),
      text('(', tie('tame'), oneOf(' + ', ' * '), joint, tie('tame'), ')'),
    ),
    wild: fc.oneof(
      { depthSize: 'small' },
      tie('tame'),
      text('(', tie('exact'), ' % ', joint, tie('exact'), ')'),
      text('((abs(', tie('exact'), ') + 1)', oneOf(' ^ ', ' atan2 '), joint, '(', tie('exact'), ' * 1)', ')'),
      text('(', tie('tame'), ' / ', joint, '(abs(', tie('tame'), ') + 1))'),
      text('(', tie('tame'), oneOf(' / ', ' + ', ' * '), number, ')'),
      text('(', tie('scalar'), oneOf(' + ', ' - ', ' * '), tie('exact'), ')'),
      text(oneOf('exp', 'ln', 'log2', 'log10', 'sqrt', 'atan', 'deg'), '(', tie('exact'), ')'),
      text(oneOf('sin', 'cosh', 'tanh', 'rad'), '(', gauge, ')'),
      text(oneOf('max', 'min', 'count', 'sum'), grouping, ' (odd)'),
      text('(odd ', oneOf('>', '==', '!= bool', '+', '*'), ' ', number, ')'),
      text('(', tie('wild'), oneOf(' or ', ' and ', ' unless '), matching, ' ', tie('wild'), ')'),
    ),
  };
});

/** Well-typed queries of all kinds. */
export const randomQuery: fc.Arbitrary<string> = wild;

/** When a query is asked: at 7 s past full 10 s. */
export const randomTimes = fc.oneof(
  fc.integer({ min: 0, max: lengthMs / 10_000 }).map((tens) => ({ atMs: firstMs + tens * 10_000 + 7_000 })),
  fc
    .tuple(
      fc.integer({ min: 0, max: 120 }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom(10_000, 40_000, 70_000),
    )
    .map(([tens, steps, stepMs]) => {
      const fromMs = firstMs + tens * 10_000 + 7_000;
      return { fromMs, toMs: fromMs + steps * stepMs, stepMs };
    }),
);

const subset = (all: readonly string[], least: number): fc.Arbitrary<string[]> =>
  fc.subarray([...all], { minLength: least });

/** Series for those queries: gauges and counters with gaps, restarts and ends, a histogram, and odd numbers. */
export const randomSamples: fc.Arbitrary<readonly SampledSeries[]> = fc
  .tuple(
    subset(['a,1,eu', 'a,2,us', 'b,1,', 'b,12,eu', 'c,3,'], 3),
    fc.infiniteStream(fc.nat({ max: 999 })).map((stream) => () => Number(stream.next().value)),
  )
  .map(([places, draw]) => places.flatMap((place) => seriesAt(place, draw)));

function seriesAt(place: string, draw: () => number): SampledSeries[] {
  const [job = '', instance = '', zone = ''] = place.split(',');
  const labels = { job, instance, ...(zone === '' ? {} : { zone }) };
  const named = (name: string, value: (index: number) => number, more = {}): SampledSeries => {
    const times = timesOf(draw);
    return {
      labels: { __name__: name, ...labels, ...more },
      times,
      values: times.map((_, index) => value(index)),
    };
  };
  const odd = [NaN, Infinity, -Infinity, 0, 1, -1];
  return [
    ...gauges.map((name) => named(name, () => (draw() % 60) - 10)),
    ...counters.map((name) => named(name, counter(draw))),
    named('odd', () => odd[draw() % odd.length] ?? 0),
    ...histogram(labels, draw),
  ];
}

/** Every few tens of seconds with gaps, 234 ms past a full second. */
function timesOf(draw: () => number): number[] {
  const times: number[] = [];
  const intervalMs = 5_000 * (1 + (draw() % 6));
  let at = firstMs + 234 + (draw() % 300) * 1_000;
  const endMs = firstMs + lengthMs - (draw() % 3) * 400_000;
  while (at < endMs) {
    times.push(at);
    at += intervalMs + (draw() % 20 === 0 ? 240_000 : 0) + (draw() % 3) * 1_000;
  }
  return times;
}

/** Rises from 10,000 on, and once starts again from 5,000. */
function counter(draw: () => number): () => number {
  let total = 10_000;
  let restarts = 1;
  return () => {
    total += draw() % 4;
    if (restarts > 0 && draw() % 40 === 0) {
      restarts--;
      total = 5_000;
    }
    return total;
  };
}

function histogram(labels: Readonly<Record<string, string>>, draw: () => number): SampledSeries[] {
  const times = timesOf(draw);
  const bounds = ['0.1', '0.5', '1', '5', '+Inf'];
  const rises = times.map(() => bounds.map(() => draw() % 5));
  return bounds.map((le, upTo) => {
    let total = 0;
    const values = rises.map((rise) => {
      for (const each of rise.slice(0, upTo + 1)) total += each;
      return total;
    });
    return { labels: { __name__: 'latency_bucket', ...labels, le }, times, values };
  });
}
