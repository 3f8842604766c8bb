import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEngine } from '../../src/promql/engine.ts';
import { difference } from './compare-golden.ts';
import { readCases, readStore } from './golden-cases.ts';

const folder = '../shared/golden/promql';

/** By id, why it differs. It may only become shorter. */
const disagreements = JSON.parse(readFileSync('test/promql/disagreements.json', 'utf8')) as Record<
  string,
  string
>;

// Results of a real Prometheus 3.5 that lie beside the repository, where there are any; cases.test.ts needs nothing.
describe.runIf(existsSync(folder))('golden results of Prometheus 3.5', () => {
  test('every answer agrees but those that are listed with a reason, and those that are listed do differ', () => {
    const store = readStore(`${folder}/series.json.gz`);
    const engine = createEngine();
    const cases = readCases(`${folder}/cases.jsonl.gz`);
    const differing: Record<string, string> = {};
    for (const golden of cases) {
      const differs = difference(golden, engine, store);
      if (differs !== null) differing[golden.id] = `${golden.query}: ${differs}`;
    }

    const unlisted = Object.entries(differing).filter(([id]) => disagreements[id] === undefined);
    const agreeingNow = Object.keys(disagreements).filter((id) => differing[id] === undefined);
    expect(unlisted).toEqual([]);
    expect(agreeingNow).toEqual([]);
    expect(Object.keys(disagreements).length / cases.length).toBeLessThanOrEqual(0.005);
  });
});
