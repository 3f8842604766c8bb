import { expect, test } from 'vitest';
import { join } from 'node:path';
import { systemClock } from '../../../src/app/clock.ts';
import { testRules } from '../../../src/app/rule-tests/test-rules.ts';
import { formatProblems } from '../../../src/config/format-problems.ts';
import { filesIn } from './testing.ts';

const rules = `
rules:
  panics:
    summary: Panics in the log
    every: 10s
    logs: { match: 'panic:', within: 1m }
    levels:
      critical: { above: 3, for: 0s }
  login:
    summary: Login works
    every: 10s
    sequence:
      steps:
        - { url: '\${target.address}/login', capture: { token: $.token } }
        - { url: '\${target.address}/x', headers: { Authorization: 'Bearer \${capture.token}' } }
    levels:
      critical: { failures: 2 }
  users:
    summary: There are users
    every: 10s
    database: { store: mysql, query: SELECT count(*) FROM users }
    levels:
      medium: { at_most: 0, for: 20s }
`;

const playbooks = `
playbooks:
  service:
    steps:
      - docker.rollback: { to: last_good }
    verify:
      data:
        within: 1m
        checks:
          - { database: { store: mysql, query: SELECT count(*) FROM users }, above: 0, name: users }
`;

const tests = `
interval: 10s
tests:
  - name: sources that ask services are scripted
    readings:
      panics: 0 x3 5 x3
      login: pass x20
      users: 3 x20
    expect:
      - { at: 20s, rule: panics, verdict: ok }
      - { at: 20s, rule: login, verdict: ok }
      - { at: 30s, rule: panics, level: critical, phase: firing }
  - name: a failing check of a store ends with people
    readings:
      panics: 0 x3 5 x3 0 x60
    fails: { checks: [users] }
    expect:
      - { by: 10m, outcome: handed_over }
  - name: a login that fails
    readings:
      login: pass x3 fail x20
      users: 3 x3 0 x20
    expect:
      - { at: 40s, rule: login, level: critical, phase: firing }
      - { at: 50s, rule: users, level: medium, phase: firing }
`;

test('sequences, logs and data stores read what a test writes, in rules and in checks', async () => {
  using folder = filesIn({
    'shop/rules.yaml': rules,
    'shop/playbooks.yaml': playbooks,
    'shop/tests/own.yaml': tests,
  });
  const tested = await testRules({
    clock: systemClock(),
    environment: {},
    paths: [join(folder.path, 'shop')],
    only: null,
    progress: () => {},
    signal: new AbortController().signal,
  });
  expect(formatProblems(tested.problems)).toBe('');
  expect(tested.tests.map(({ name, failures }) => [name, failures])).toEqual([
    ['sources that ask services are scripted', []],
    ['a failing check of a store ends with people', []],
    ['a login that fails', []],
  ]);
});
