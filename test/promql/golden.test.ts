import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createEngine } from '../../src/promql/engine.ts';
import { difference } from './compare-golden.ts';
import { goldenSets } from './golden-cases.ts';

/** By id, why an answer differs. It may only become shorter. */
const disagreements = JSON.parse(readFileSync('test/promql/disagreements.json', 'utf8')) as Record<
  string,
  string
>;

test.each(goldenSets())(
  'every answer of $name agrees, but those that are listed with a reason, and these do differ',
  ({ read, tolerance }) => {
    const { store, cases } = read();
    const engine = createEngine();
    const differing = new Map<string, string>();
    for (const golden of cases) {
      const differs = difference(golden, engine, store, tolerance);
      if (differs !== null) differing.set(golden.id, `${golden.query}: ${differs}`);
    }

    const listed = cases.map(({ id }) => id).filter((id) => disagreements[id] !== undefined);
    expect([...differing].filter(([id]) => !listed.includes(id))).toEqual([]);
    expect(listed.filter((id) => !differing.has(id))).toEqual([]);
    expect(cases.length).toBeGreaterThan(250);
    expect(listed.length / cases.length).toBeLessThan(0.005);
  },
);
