import { expect, test } from 'vitest';
import { lintRules } from './linting.ts';

const query = 'sum by (service) (rate(memory[1m]))';
const reason = 'promql/rate-gauge a counter with an old name';

async function codes(rules: string): Promise<readonly string[]> {
  return (await lintRules(rules)).map(({ code, line, column }) => `${code} ${line}:${column}`);
}

const quiet = {
  'at the end of the line': `rules:
  memory:
    prometheus: { fresh: up, query: '${query}' } # rollbackd:disable ${reason}
    levels: { critical: { above: 5, for: 1m } }
`,
  'above the line': `rules:
  memory:
    # rollbackd:disable ${reason}
    # and more about it

    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
`,
  'above the rule': `rules:
  # rollbackd:disable ${reason}
  memory:
    prometheus:
      fresh: up
      query: ${query}
    levels: { critical: { above: 5, for: 1m } }
`,
  'behind the key of the rule': `rules:
  memory: # rollbackd:disable ${reason}
    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
`,
  'above all rules': `# rollbackd:disable ${reason}
rules:
  memory:
    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
`,
  'behind the head of a block': `rules:
  memory:
    prometheus:
      fresh: up
      query: | # rollbackd:disable ${reason}
        ${query}
    levels: { critical: { above: 5, for: 1m } }
`,
  'inside of a block, as a comment of PromQL': `rules:
  memory:
    prometheus:
      fresh: up
      query: |
        # rollbackd:disable ${reason}
        ${query}
    levels: { critical: { above: 5, for: 1m } }
`,
  'with several codes and a date': `rules:
  memory:
    # rollbackd:disable promql/rate-gauge, rule/no-fresh until 2026-11-21 gone by then
    prometheus: { query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
`,
} as const;

test.each(Object.entries(quiet))('a comment silences %s', async (_, rules) => {
  expect(await codes(rules)).toEqual([]);
});

test('a reason may begin with a word that looks like a code', async () => {
  expect(await codes(rule('promql/rate-gauge in/out is counted'))).toEqual([]);
});

const loud = [
  [
    'another rule is not covered',
    `rules:
  # rollbackd:disable ${reason}
  memory:
    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
  other:
    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 6, for: 1m } }
`,
    ['promql/rate-gauge 7:61'],
  ],
  [
    'what looks like a comment in a text is none',
    `rules:
  memory:
    summary: "# rollbackd:disable ${reason}"
    prometheus: { fresh: up, query: '${query}' }
    levels: { critical: { above: 5, for: 1m } }
`,
    ['promql/rate-gauge 4:61'],
  ],
] as const;

test.each(loud)('%s', async (_, rules, expected) => {
  expect(await codes(rules)).toEqual(expected);
});

const rule = (comment: string, asked = query): string => `rules:
  memory:
    prometheus: { fresh: up, query: '${asked}' } # rollbackd:disable ${comment}
    levels: { critical: { above: 5, for: 1m } }
`;

const odd = [
  [
    'promql/rate-gauge',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/no-reason: the silence has no reason',
    ],
  ],
  [
    'promql/rate-gauge until 2026-11-20 late',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/expired: the silence ended on 2026-11-20',
    ],
  ],
  [
    'promql/rate-gauge until spring renamed by then',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/bad-date: spring is no day',
    ],
  ],
  [
    'promql/rate-gauge until 2027-02-29 renamed by then',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/bad-date: 2027-02-29 is no day',
    ],
  ],
  [
    'promql/rate-guage why',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/unknown-code: there is no check promql/rate-guage',
    ],
  ],
  [
    'because',
    [
      'promql/rate-gauge: rate() over memory, which does not look like a counter (_total, _count, _sum, _bucket)',
      'silence/unknown-code: the comment names no check',
    ],
  ],
] as const;

test.each(odd)('a silence with a flaw silences nothing: %s', async (comment, expected) => {
  expect((await lintRules(rule(comment))).map(({ code, message }) => `${code}: ${message}`)).toEqual(
    expected,
  );
});

test('a silence of nothing is an info, unless nobody has looked for it', async () => {
  const unused = await lintRules(rule(reason, 'sum by (service) (queue)'));
  expect(unused.map(({ code, gravity, line, column }) => [code, gravity, line, column])).toEqual([
    ['silence/unused', 'info', 3, 86],
  ]);
  expect(
    await lintRules(rule('online/no-series exported at night only', 'sum by (service) (queue)')),
  ).toEqual([]);
});
