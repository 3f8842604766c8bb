import { describe, expect, test } from 'vitest';
import { oneTest, testedFiles, verdictOn } from './testing.ts';

describe('a test file that cannot be run', () => {
  test.each([
    ['tests: []', '1:1  tests  holds no tests; expected a list under tests:'],
    ['{}', '1:1  tests  holds no tests; expected a list under tests:'],
    ['- a', '1:1  expected a map with tests:'],
    [
      'tests:\n  - name: [',
      '2:12  is not YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    [
      'tset: []',
      '1:1  tset  unknown key; known: pack, config, mode, now, interval, armed, releases, targets, tests',
    ],
    [
      'pack: ../nowhere\ntests: [{ name: a, promql: [{ query: x, at: 1m, samples: [] }] }]',
      '1:7  pack  unknown pack: ',
    ],
    ['targets: { a b: {} }\ntests: []', 'targets'],
    ['config: x.yaml\npack: ..\ntests: []', '2:1  pack  the configuration x.yaml says it already'],
    [
      'rule_files: [alerts.yml]\ntests: [{ input_series: [] }]',
      '1:1  is a test file of promtool; rollbackd import prometheus, with its rule files, makes tests of it',
    ],
    ['now: yesterday\ntests: []', '1:6  now  expected an instant such as 2026-01-05T12:00:00Z'],
  ])('%j', async (text, problem) => {
    expect(await verdictOn(text)).toContain(problem);
  });
});

describe('a test with a problem', () => {
  test.each([
    ['    expect: [{ at: 1m, decision: none }]\n    seris: []', '4:5', 'unknown key, did you mean series?'],
    [
      "    series: [{ series: 'up{', values: 1 }]",
      '3:24',
      'expected the name of a label, or }, got the end (at character 4)',
    ],
    [
      "    series: [{ series: up, values: '1 x' }]",
      '3:36',
      'expected values such as 1, 0+10x5, 1-2x4, 3x4, _, _x3 or stale, got x (at character 3)',
    ],
    [
      "    series: [{ series: up, values: '{{sum:1}}' }]",
      '3:36',
      'native histograms are not supported; write a classic one, bucket by bucket (at character 1)',
    ],
    [
      '    series: [{ series: \'up{a="1"}\', values: 1 }, { series: \'up{ a = "1" }\', values: 1 }]',
      '3:60',
      'this series is written already',
    ],
    ['    readings: { memry: pass }', '3:17', 'unknown rule memry, did you mean memory?'],
    [
      '    readings: { errors: 5 }',
      '3:17',
      'shop/errors asks PromQL; write the series that it reads under series:',
    ],
    [
      '    readings: { memory: 97% 12 apples }',
      '3:25',
      'expected readings such as pass x10, fail, 97%, 0.5 x3, _ or error, got apples (at character 8)',
    ],
    ['    readings: { health: 97% }', '3:25', 'shop/health passes or fails; write pass and fail'],
    [
      '    readings: { memory: { bakend: 5% } }',
      '3:27',
      'shop/memory does not read bakend, did you mean backend?',
    ],
    ['    readings: { memory.docker: 5% }', '3:17', 'shop/memory reads memory'],
    ['    deploys: [{ at: 1m, release: v3, target: web }]', '3:46', 'unknown target web; known: backend'],
    ['    releases: { web: {} }', '3:17', 'unknown target web; known: backend'],
    ['    deploying: [{ from: 2m, to: 1m }]', '3:33', 'ends before it begins'],
    ['    answers: [{ at: 1m, answer: maybe }]', '3:33', 'expected approve or reject, got "maybe"'],
    ['    until: 8d', '2:5', 'would take 8d; a test ends after 7d at most'],
    [
      '    fails: { steps: [dockr.rollback] }',
      '3:22',
      'no playbook has the step dockr.rollback, did you mean docker.rollback?',
    ],
    [
      '    fails: { checks: [docker up] }',
      '3:23',
      'no playbook has the check docker up; known: docker healthy, http ${target.address}/health',
    ],
    [
      '    series: [{ series: eror, values: 1x5 }]',
      '3:24',
      'no rule and no query reads a metric of this name',
    ],
    ['    interval: 0s', '3:15', 'expected a duration of at least 100ms such as 5s or 1m, got "0s"'],
  ])('%s', async (body, place, message) => {
    const verdict = await verdictOn(oneTest(`${body}\n    promql: [{ query: up, at: 0s, samples: [] }]`));
    expect(verdict).toContain(`shop/tests/case.yaml:${place} `);
    expect(verdict).toContain(message);
  });
});

test.each([
  '    expect: []',
  '    promql: []',
  '    expect: []\n    promql: []',
  '    readings: { memory: 5% }',
])('a test that expects nothing is refused: %j', async (body) => {
  expect(await verdictOn(oneTest(body))).toBe(
    'shop/tests/case.yaml:2:5  tests[0]  expects nothing; add expect: or promql:',
  );
});

test('what a file may write is bounded, over all its series and tests', async () => {
  const series = (index: number): string => `{ series: 'errors{n="${index}"}', values: 0x99998 }`;
  const manyIn = (count: number): string =>
    Array.from({ length: count }, (_, index) => `      - ${series(index)}\n`).join('');
  const test = (name: string): string =>
    `  - name: ${name}\n    expect: [{ at: 1m, rule: errors, verdict: ok }]\n    series:\n${manyIn(12)}`;
  expect(await verdictOn(`tests:\n${test('a')}${test('b')}${test('c')}`)).toBe(
    'shop/tests/case.yaml:28:44  tests[1].series[8].values  more than 2000000 samples and readings in one file',
  );
});

describe('an expectation with a problem', () => {
  test.each([
    ['{ rule: memory, verdict: ok }', 'says not when; expected one of at: 5m, by: 10m or never: { … }'],
    ['{ at: 1m, by: 2m, decision: none }', 'says not when; expected one of at: 5m, by: 10m or never: { … }'],
    ['{ at: 5, decision: none }', 'expected a duration such as 90s, 5m or 1h30m, got 5'],
    ['{ at: 1m }', 'expects nothing; add e.g. verdict, phase, decision or outcome'],
    ['{ at: 1m, rule: memory }', 'says not what the rule is expected to say; add e.g. verdict or phase'],
    ['{ at: 1m, verdict: ok }', 'verdict is of a rule; add rule:'],
    ['{ at: 1m, rule: memry, verdict: ok }', 'unknown rule memry, did you mean memory?'],
    ['{ at: 1m, rule: memory, level: high }', 'shop/memory has no level high; it has critical'],
    [
      '{ at: 1m, rule: memory, verdict: bad }',
      'expected ok, breach, no_data, error, insufficient, never_seen or not_read, got "bad"',
    ],
    ['{ at: 1m, decision: rolback }', 'did you mean rollback?'],
    ['{ at: 1m, guards: [blam] }', 'did you mean blame?'],
    ['{ at: 1m, target: web, decision: none }', 'unknown target web; known: backend'],
    ['{ at: 1m, lead: memry }', 'unknown rule memry, did you mean memory?'],
    ['{ never: { decision: ask }, verdict: ok }', 'stands beside never: move it into never: { … }'],
    ['{ at: 1m, decision: none, until: 2m }', 'belongs to never'],
    ['{ at: 1m, outcom: none }', 'unknown key, did you mean outcome?'],
  ])('%s', async (expectation, message) => {
    const verdict = await verdictOn(oneTest(`    expect:\n      - ${expectation}`));
    expect(verdict).toMatch(/^shop\/tests\/case\.yaml:4:\d+ /);
    expect(verdict).toContain(message);
  });

  test('tells several targets apart', async () => {
    const text = `targets: { a: {}, b: {} }\n${oneTest('    expect: [{ at: 1m, rule: memory, verdict: ok }, { at: 1m, decision: none }]')}`;
    expect(await verdictOn(text)).toBe(
      `shop/tests/case.yaml:4:14  tests.[0].expect.[0]  names no target; there are a, b
shop/tests/case.yaml:4:53  tests.[0].expect.[1]  names no target; there are a, b`.replaceAll('.[', '['),
    );
  });
});

test('a test that would read too often is refused', async () => {
  const { problems } = await testedFiles({
    'shop/rules.yaml':
      'rules: { a: { every: 100ms, docker: memory, levels: { high: { above: 5%, for: 1m } } } }',
    'shop/tests/a.yaml': oneTest('    until: 2d\n    expect: [{ at: 0s, decision: none }]'),
  });
  expect(problems.map(({ message }) => message)).toEqual([
    'would take 1728000 readings, of all rules and targets; a test takes 1000000 at most',
  ]);
});

test('what is wrong with the pack is a problem of the pack', async () => {
  const { problems } = await testedFiles({
    'shop/rules.yaml': 'rules: { a: { every: 5s } }',
    'shop/tests/a.yaml': oneTest('    promql: [{ query: up, at: 0s, samples: [] }]'),
  });
  expect(
    problems.map(({ file, line, message }) => `${file.split('/').slice(-2).join('/')}:${line} ${message}`),
  ).toEqual([
    expect.stringMatching(/^shop\/rules\.yaml:1 reads nothing; expected one of prometheus, /),
    'shop/rules.yaml:1 is missing; a rule needs at least one of critical, high, medium',
  ]);
});

test('two tests of one name are told apart by their lines', async () => {
  const twice = oneTest('    promql: [{ query: up, at: 0s, samples: [] }]\n');
  expect(await verdictOn(`${twice}${twice.split('\n').slice(1).join('\n')}`)).toContain(
    'there is already a test of this name, at line 2',
  );
});
