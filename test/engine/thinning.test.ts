import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Reading } from '../../src/domain/reading.ts';
import { thinned } from '../../src/engine/thinning.ts';

const readings = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.double({ noNaN: true }).map((value) => ({ kind: 'value', value }) as const) },
    { weight: 2, arbitrary: fc.boolean().map((passed) => ({ kind: 'probe', passed }) as const) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unknown', why: 'no_data' } as const) },
  ),
  { maxLength: 2_000 },
);

function rowsOf(some: readonly Record<string, unknown>[]) {
  return some.map((reading, at) => ({ reading: { ...reading, at, detail: '' } as unknown as Reading }));
}

function values(rows: readonly { readonly reading: Reading }[]): readonly number[] {
  return rows.flatMap(({ reading }) => (reading.kind === 'value' ? [reading.value] : []));
}

describe('thinned readings', () => {
  test('are never more than asked for, in their order, and never others', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 5, max: 600 }), (some, most) => {
        const rows = rowsOf(some);
        const kept = thinned(rows, most);

        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept).toEqual(rows.filter((row) => kept.includes(row)));
      }),
      { seed: 20_260_105 },
    );
  });

  test('keep the first and the last, the least and the greatest', () => {
    fc.assert(
      fc.property(readings, fc.integer({ min: 5, max: 600 }), (some, most) => {
        const rows = rowsOf(some);
        const kept = thinned(rows, most);

        expect([kept[0], kept.at(-1)]).toEqual([rows[0], rows.at(-1)]);
        if (rows.every(({ reading }) => reading.kind !== 'probe'))
          expect([Math.min(...values(kept)), Math.max(...values(kept))]).toEqual([
            Math.min(...values(rows)),
            Math.max(...values(rows)),
          ]);
      }),
      { seed: 20_260_105 },
    );
  });

  test('show a single failed probe, and a single time at which nothing was read', () => {
    const rows = rowsOf([
      ...Array.from({ length: 3_000 }, () => ({ kind: 'probe', passed: true })),
      { kind: 'probe', passed: false },
      ...Array.from({ length: 3_000 }, () => ({ kind: 'probe', passed: true })),
      { kind: 'unknown', why: 'error' },
      ...Array.from({ length: 3_000 }, () => ({ kind: 'probe', passed: true })),
    ]);
    const kept = thinned(rows, 500);

    expect(kept.filter(({ reading }) => reading.kind === 'probe' && !reading.passed)).toHaveLength(1);
    expect(kept.filter(({ reading }) => reading.kind === 'unknown')).toHaveLength(1);
  });

  test('are all there where they are few', () => {
    const rows = rowsOf(Array.from({ length: 500 }, (_, value) => ({ kind: 'value', value })));

    expect(thinned(rows, 500)).toBe(rows);
  });
});
