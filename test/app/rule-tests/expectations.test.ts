import { describe, expect, test } from 'vitest';
import { oneTest, verdictOn } from './testing.ts';

describe('a test that holds', () => {
  test.each([
    [
      'series through PromQL to a rollback, verified',
      `
    interval: 15s
    series: [{ series: 'errors{service="backend"}', values: '0x4 0.9x8 0x40' }]
    expect:
      - { at: 0s, rule: errors, verdict: ok, phase: clear }
      - { at: 1m15s, rule: errors, level: critical, phase: pending, value: 0.9 }
      - { at: 2m, rule: errors, phase: pending }
      - { at: 2m15s, rule: errors, level: critical }
      - { at: 2m15s, decision: rollback, severity: critical, lead: errors, state: verifying }
      - { at: 2m15s, playbook: service }
      - { at: 2m15s, playbook: shop/service }
      - { by: 3m, rolled_back_to: v1, running: v1 }
      - { by: 12m, outcome: rolled_back, state: closed }
      - never: { rule: health, verdict: breach }
`,
    ],
    [
      'a number that YAML would take for a hexadecimal one',
      `
    series: [{ series: 'errors{service="backend"}', values: 0x20 }]
    readings: { memory: 0x9 }
    expect:
      - { at: 20m, rule: errors, verdict: ok, value: 0 }
      - { at: 4m, rule: memory, verdict: ok, value: 0 }
`,
    ],
    [
      'labels of several targets',
      `
    series:
      - { series: 'errors{service="backend",pod="a"}', values: '0x20' }
      - { series: 'errors{service="backend",pod="b"}', values: '0.2x20' }
    expect:
      - { at: 3m, rule: errors, value: 0.2, level: high }
`,
    ],
    [
      'a question that is approved',
      `
    readings: { health: pass x5 fail x20 pass x60 }
    answers: [{ at: 3m, answer: approve, by: carol }]
    expect:
      - { at: 1m, rule: health, phase: pending }
      - { at: 1m10s, rule: health, phase: firing }
      - { at: 2m, decision: ask, state: asking }
      - { by: 10m, state: asking }
      - { at: 2m59s, running: v2 }
      - { by: 3m1s, running: v1 }
`,
    ],
    [
      'a question that is rejected, and one that is never answered',
      `
    readings: { health: fail x200 }
    answers: [{ at: 1m, answer: reject }]
    expect:
      - { at: 2m, state: monitoring, running: v2 }
  - name: unanswered
    readings: { health: fail x200 }
    expect:
      - { at: 15m, state: asking }
      - { by: 16m, state: handed_over, outcome: handed_over }
      - never: { decision: rollback }
`,
    ],
    [
      'nowhere to go back to',
      `
    releases: { backend: { good: none } }
    readings: { memory: 97% x20 }
    expect:
      - { by: 2m, decision: hand_over, wanted: rollback, guards: [release] }
  - name: nothing known runs
    releases: none
    readings: { memory: 97% x20 }
    expect:
      - { by: 2m, outcome: handed_over }
`,
    ],
    [
      'a mode that only tells',
      `
    mode: shadow
    readings: { memory: 97% x20 }
    expect:
      - { at: 5m, wanted: rollback, guards: [mode], running: v2 }
      - never: { decision: rollback }
`,
    ],
    [
      'rules that are new and breach at once',
      `
    armed: false
    readings: { memory: 97% x20 }
    expect:
      - { at: 5m, rule: memory, level: critical, phase: firing, armed: false }
      - never: { decision: rollback }
`,
    ],
    [
      'a level without `for` that fires at the first reading of all',
      `
    deploying: [{ from: 0s, to: 5m }]
    series: [{ series: 'down{service="backend"}', values: '1x5' }]
    readings: { start-up: 5 x10 }
    expect:
      - { at: 0s, rule: down, level: critical, armed: true }
      - { at: 0s, decision: rollback }
      - { at: 0s, rule: start-up, verdict: breach }
`,
    ],
    [
      'readings that are unknown',
      `
    readings: { memory: 97% x2 _ error 97% x3 _x20 }
    expect:
      - { at: 1m, rule: memory, verdict: no_data, phase: pending }
      - { at: 1m30s, rule: memory, verdict: error }
      - { at: 2m30s, rule: memory, phase: firing }
      - { by: 10m, target: 'source:docker', severity: medium }
      - never: { rule: health, verdict: ok }
`,
    ],
    [
      'a release that arrives, with its grace',
      `
    deploys: [{ at: 1m, release: v3 }]
    readings: { memory: 97% x40 }
    releases: { backend: { good: v1, running: v2, for: 1h } }
    expect:
      - { at: 1m, running: v3 }
      - never: { rolled_back_to: v3 }
      - { at: 2m30s, rule: memory, verdict: breach, phase: [pending, firing] }
`,
    ],
    [
      'levels that are valid while deploying',
      `
    deploying: [{ from: 2m, to: 4m }]
    readings: { start-up: 5 x100 }
    expect:
      - { at: 1m50s, rule: start-up, phase: clear }
      - { at: 2m, rule: start-up, phase: clear, verdict: breach }
      - never: { decision: rollback }
        until: 1m50s
      - { at: 3m30s, rule: start-up, verdict: breach, level: critical }
`,
    ],
    [
      'a step and a check that fail',
      `
    fails: { steps: [docker.rollback] }
    readings: { memory: 97% x40 }
    expect:
      - { by: 3m, outcome: handed_over, running: v2 }
  - name: check
    fails: { checks: [docker healthy] }
    readings: { memory: 97% x4 50% x40 }
    expect:
      - { by: 5m, outcome: handed_over, rolled_back_to: v1 }
  - name: check by its name in the playbook
    fails: { checks: ['http \${target.address}/health'] }
    readings: { memory: 97% x4 50% x40 }
    expect:
      - { by: 5m, outcome: handed_over, rolled_back_to: v1 }
  - name: check by its name in the journal
    fails: { checks: ['http http://backend.invalid/health'] }
    readings: { memory: 97% x4 50% x40 }
    expect:
      - { by: 5m, outcome: handed_over, rolled_back_to: v1 }
`,
    ],
    [
      'what passed within an instant',
      `
    readings: { memory: 97% x40 }
    expect:
      - { by: 2m, state: rolling_back }
      - { at: 1m, state: verifying }
`,
    ],
    [
      'a rule of the host',
      `
    readings: { disk: 5% x20 }
    expect:
      - { at: 2m, rule: disk, level: medium }
      - { at: 2m, decision: investigate }
`,
    ],
    [
      'series of scraped pages, and times a baseline',
      `
    series:
      - { series: 'queue_length{service="backend"}', values: '500x20' }
      - { series: 'latency_seconds{service="backend"}', values: '0.1x14 0.5x20' }
    expect:
      - { at: 1m, rule: queue, level: medium, value: 500 }
      - { at: 14m, rule: latency, phase: clear }
      - { by: 16m, rule: latency, level: critical }
`,
    ],
    [
      'a rule of several signals, written one by one',
      `
    mode: notify
    series: [{ series: 'errors{service="backend"}', values: '0.9x20' }]
    readings:
      slow-and-full.http: fail x40
      slow-and-full.docker: 50% x6 95% x20
    expect:
      - { at: 50s, rule: slow-and-full, verdict: ok }
      - { at: 1m10s, rule: slow-and-full, level: medium, verdict: breach }
`,
    ],
    [
      'queries, by the labels that are written',
      `
    interval: 30s
    series:
      - { series: 'errors{service="backend",pod="a"}', values: '1+1x4' }
      - { series: 'errors{service="backend",pod="b"}', values: '1 stale' }
    promql:
      - { query: errors, at: 1m, samples: [{ labels: '{pod="a"}', value: 3 }] }
      - { query: errors, at: 0s, samples: [{ value: 1 }, { labels: 'errors{pod="a"}', value: 1 }] }
      - { query: count(errors) * 2, at: 20s, samples: [{ value: 4 }] }
      - { query: scalar(count(errors)), at: 20s, samples: [{ labels: '{}', value: 2 }] }
      - { query: absent_metric, at: 1m, samples: [] }
  - name: after a gap
    series: [{ series: up, values: '1 _x9 2' }]
    promql:
      - { query: up, at: 9m, samples: [] }
      - { query: up, at: 10m, samples: [{ value: 2 }] }
`,
    ],
  ])('%s', async (_, body) => {
    expect(await verdictOn(oneTest(body))).toBe('');
  });
});

describe('a test that does not hold', () => {
  test('says of a rule what was expected and what came, with the readings around', async () => {
    expect(
      await verdictOn(
        oneTest(`
    readings: { memory: 50% x3 97% x6 50% }
    expect:
      - { at: 2m, rule: memory, verdict: ok, level: critical, phase: firing, value: 0.9 }
`),
      ),
    ).toBe(
      `case (line 6)
at 2m: shop/memory on backend
  verdict   expected ok      got breach
  value     expected 0.9     got 0.97
  critical  expected firing  got pending
  readings:
     30s    ok      50%  critical clear
     1m     ok      50%  critical clear
     1m30s  breach  97%  critical pending (0ms of 1m)
  >  2m     breach  97%  critical pending (30s of 1m)`,
    );
  });

  test('says of a target what was journaled until then', async () => {
    expect(
      await verdictOn(
        oneTest(`
    readings: { health: fail x200 }
    expect:
      - { at: 1m, decision: rollback, state: closed }
`),
      ),
    ).toBe(
      `case (line 6)
at 1m: backend
  decision  expected rollback  got ask
  state     expected closed    got asking
  journal:
     20s  HIGH on backend: shop/health: fail, 3 failures in a row, since 12:00:00
     20s  asks because HIGH on backend is for people to decide: from v2 (r-8039eaa72ecc) to v1 (r-28cd42353877)
     20s  may I roll backend back to v1 (r-28cd42353877)? without an answer within 15m it is handed over`,
    );
  });

  test('shows the instant at which something came nearest, or came against what was expected', async () => {
    const verdict = await verdictOn(
      oneTest(`
    readings: { memory: 50% x3 97% x3 50% x4 }
    expect:
      - { by: 4m, rule: memory, verdict: breach, value: 0.5 }
      - never: { rule: memory, phase: pending }
`),
    );
    expect(verdict.split('\n').filter((line) => /^(by|never)|came|expected/.test(line.trim()))).toEqual([
      'by 4m: shop/memory on backend',
      '  verdict  expected breach  got ok',
      'never 4m30s: shop/memory on backend: it came at 1m30s',
      '  came: phase pending',
    ]);
  });

  test('sees what must not come, even if all of it passes within an instant', async () => {
    const test = oneTest(
      '    readings: { memory: 97% x9 }\n    expect: [{ never: { state: rolling_back } }]',
    );
    expect(await verdictOn(test)).toContain('never 4m: backend: it came at 1m');
  });

  test('watches for what must not come to the end of what is written', async () => {
    const series = `
    interval: 15s
    series: [{ series: 'errors{service="backend"}', values: '0x8 0.9x8' }]
    expect: [{ never: { rule: errors, level: critical } }]
`;
    const readings = `
    readings: { memory: 50% x8 97% x4 }
    expect: [{ never: { rule: memory, level: critical } }]
`;
    expect(await verdictOn(oneTest(series))).toContain(
      'never 4m15s: shop/errors on backend: it came at 3m15s',
    );
    expect(await verdictOn(oneTest(readings))).toContain(
      'never 5m30s: shop/memory on backend: it came at 5m',
    );
  });

  test('says what a query returned', async () => {
    expect(
      await verdictOn(
        oneTest(`
    series: [{ series: 'errors{service="backend"}', values: '1x3' }]
    promql:
      - { query: errors + 1, at: 1m, samples: [{ value: 3 }] }
      - { query: rate(errors), at: 1m, samples: [] }
`),
      ),
    ).toBe(`case (line 6)
at 1m: errors + 1
  expected  {} 3
  got       {service="backend"} 2

case (line 7)
at 1m: rate(errors)
  prometheus could not answer a query: 1:6: parse error: expected type range vector in call to function "rate", got instant vector (bad_data): rate(errors)`);
  });
});
