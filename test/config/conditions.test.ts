import { describe, expect, test } from 'vitest';
import type { Rule } from '../../src/domain/rule.ts';
import { DAY, MINUTE } from '../../src/domain/time.ts';
import { configured, shop } from './configuring.ts';

async function ruleOf(written: string): Promise<Rule> {
  const { rules } = await configured({ ...shop, 'packs/shop/rules.yaml': `rules:\n  one:\n${written}` });
  const [rule] = rules;
  if (rule === undefined) throw new Error('there is no rule');
  return rule;
}

const conditions = ({ levels }: Rule): unknown[] => levels.map(({ condition }) => condition);

describe('a level', () => {
  test('may need a share of the last readings', async () => {
    const rule = await ruleOf(`
    docker: memory
    levels:
      critical: { above: 90%, need: { breaches: 3, of: 5 } }
`);
    expect(conditions(rule)).toEqual([
      {
        comparison: { operator: 'above', threshold: { value: 0.9, unit: 'ratio' } },
        need: { breaches: 3, of: 5 },
      },
    ]);
  });

  test('of a signal that passes or fails counts time, probes in a row, or a share of them', async () => {
    const rule = await ruleOf(`
    docker: healthy
    levels:
      critical: { for: 2m }
      high: { failures: 3 }
      medium: { need: { breaches: 2, of: 6 } }
`);
    expect(conditions(rule)).toEqual([
      { forMs: 2 * MINUTE },
      { failures: 3 },
      { need: { breaches: 2, of: 6 } },
    ]);
  });

  test('may be in times a baseline, with an absolute floor', async () => {
    const rule = await ruleOf(`
    prometheus: { query: latency }
    baseline: { offset: 1d }
    levels:
      critical: { above: 3x, floor: 500ms, for: 5m }
    recover: { below: 1.5x, for: 5m }
`);
    expect(rule.baseline).toEqual({ offsetMs: DAY });
    expect(conditions(rule)).toEqual([
      {
        comparison: {
          operator: 'above',
          threshold: { value: 3, unit: 'times' },
          floor: { value: 0.5, unit: 'seconds' },
        },
        forMs: 5 * MINUTE,
      },
    ]);
    expect(rule.recover?.comparison).toEqual({
      operator: 'below',
      threshold: { value: 1.5, unit: 'times' },
    });
  });
});

test('a baseline of the time before a deployment may be tested; what the test leaves out is ordinary', async () => {
  const levels = '\n    levels:\n      critical: { below: 0.5x, for: 5m }\n';
  const written = (baseline: string): Promise<Rule> =>
    ruleOf(`    every: 30s\n    prometheus: { query: logins }\n    baseline: ${baseline}${levels}`);
  const plain = await written('{ before: deploy, window: 30m }');
  expect(plain.baseline).toEqual({ before: 'deploy', windowMs: 30 * MINUTE });
  const tested = await written('{ before: deploy, window: 30m, test: {} }');
  expect(tested.baseline).toMatchObject({ test: { p: 0.01, effect: 0.5, samples: 20 } });
  const strict = await written('{ before: deploy, window: 30m, test: { effect: 0.8, samples: 40 } }');
  expect(strict.baseline).toMatchObject({ test: { p: 0.01, effect: 0.8, samples: 40 } });
  expect(new Set([plain.digest, tested.digest, strict.digest]).size).toBe(3);
});

describe('a composed rule', () => {
  const both = (composing: string): string => `
    ${composing}:
      - { prometheus: { query: 'rate(errors[5m])' }, above: 10 }
      - { http: { url: '\${target.address}/health' } }
    levels:
      critical: { for: 2m }
`;

  test.each(['all', 'any'])('reads %s of its signals, each with its own comparison', async (composing) => {
    const rule = await ruleOf(both(composing));
    expect(rule.source).toEqual({
      kind: composing,
      options: {
        parts: [
          {
            source: { kind: 'prometheus', options: { query: 'rate(errors[5m])' } },
            comparison: { operator: 'above', threshold: { value: 10, unit: 'number' } },
          },
          { source: { kind: 'http', options: { url: '${target.address}/health' } } },
        ],
      },
    });
    expect(rule.windowMs).toBe(5 * MINUTE);
  });

  test('needs prometheus in the main file where one of its signals does', async () => {
    const files = { ...shop, 'packs/shop/rules.yaml': `rules:\n  one:\n${both('all')}` };
    const bare = `${shop['rollbackd.yaml']}`.replace(/^prometheus:.*\n/m, '');
    await expect(configured({ ...files, 'rollbackd.yaml': bare })).rejects.toThrow(
      'packs/shop/rules.yaml:5:11  rules.one.all[0].prometheus  needs prometheus: { url: … } in the main file',
    );
  });
});
