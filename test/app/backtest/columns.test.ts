import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf } from '../../../src/app/backtest/columns.ts';
import { keyOf, type Answered, type Row } from '../../../src/backtest/answered.ts';
import type { Stretch } from '../../../src/backtest/history.ts';
import { pastAnswerer } from '../../../src/backtest/past-answerer.ts';
import { kinds } from '../../../src/backtest/readings.ts';
import { promqlSource } from '../../../src/detect/sources/promql.ts';
import type { PromqlSignal } from '../../../src/detect/sources/promql-options.ts';
import { ageQuery } from '../../../src/detect/sources/freshness.ts';
import type { Reading } from '../../../src/domain/reading.ts';
import type { Subject } from '../../../src/domain/target.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { aRule, aTarget } from '../../detect/tracing.ts';

const slots = 6;
const window = { fromMs: 0, toMs: slots * MINUTE };
const shop: Subject = { name: 'shop', target: aTarget('shop', { labels: { service: 'shop' } }) };
const till: Subject = { name: 'till', target: aTarget('till', { labels: { service: 'till', zone: 'a' } }) };
const host: Subject = { name: 'host:local', target: null };
const never = new AbortController().signal;

test('columns say of every slot what the source of the daemon says', async () => {
  await fc.assert(
    fc.asyncProperty(scenes(), async ({ signal, subjects, stretch, questions }) => {
      const rule = aRule({ everyMs: MINUTE, source: { kind: 'prometheus', options: signal } });
      const columns = columnsOf({ rule, subjects, questions }, signal, stretch);
      const clock = { now: () => at, wall: () => at, after: () => () => {} };
      let at = 0;
      const past = pastAnswerer(questions, clock);
      past.know([stretch]);
      const source = promqlSource({ kind: 'prometheus', answerer: past, clock });
      for (let slot = 0; slot < slots; slot++) {
        at = slot * MINUTE;
        const readings = await source.read(signal, subjects, never);
        for (const { name } of subjects) {
          const column = columns.get(name);
          const reading = readings.get(name);
          const kind = kinds[column?.kinds[slot] ?? 99];

          expect(kind).toBe(wordOf(reading));
          if (reading?.kind === 'value') expect(column?.values[slot]).toBe(reading.value);
        }
      }
    }),
    { numRuns: 400 },
  );
});

function wordOf(reading: Reading | undefined): string {
  if (reading === undefined) return 'missing';
  if (reading.kind === 'unknown') return reading.why;
  return reading.kind === 'value' ? 'value' : 'passed';
}

function scenes() {
  return fc
    .record({
      ratio: fc.boolean(),
      fresh: fc.boolean(),
      emptyIsOk: fc.boolean(),
      subjects: fc.constantFrom([shop], [shop, till], [host], [host, { name: 'host:other', target: null }]),
      answers: fc.array(answer(), { minLength: 3, maxLength: 3 }),
    })
    .map(({ ratio, fresh, emptyIsOk, subjects, answers }) => {
      const signal: PromqlSignal = {
        ask: ratio ? { bad: 'bad', total: 'total', min: 1 } : { query: 'value' },
        fresh: fresh ? { selector: 'up', maxAgeMs: 2 * MINUTE } : null,
        emptyIsOk,
        windowMs: 0,
      };
      const texts = [...(ratio ? ['bad', 'total'] : ['value']), ...(fresh ? [ageQuery('up')] : [])];
      const questions = texts.map((text) => ({ text, stepMs: MINUTE, backMs: 0 }));
      const stretch: Stretch = {
        window,
        answers: new Map(questions.map((question, place) => [keyOf(question), answers[place] ?? nothing])),
      };
      return { signal, subjects, stretch, questions };
    });
}

const nothing: Answered = { rows: [], warnings: [] };

function answer() {
  const labels = fc.constantFrom<Row['labels']>(
    {},
    { __name__: 'x' },
    { service: 'shop' },
    { service: 'shop', pod: '1' },
    { service: 'till', zone: 'a' },
    { service: 'till', zone: 'b' },
    { service: 'strange' },
  );
  const cell = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(0, 0.5, 1, 3, 100, 1_000) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
  );
  const row = fc
    .record({ labels, cells: fc.array(cell, { minLength: slots, maxLength: slots }) })
    .map(({ labels: own, cells }): Row => ({
      labels: own,
      values: Float64Array.from(cells, (value) => value ?? 0),
      present: Uint8Array.from(cells, (value) => (value === null ? 0 : 1)),
    }));
  const warnings = fc.oneof(
    { weight: 9, arbitrary: fc.constant<readonly string[]>([]) },
    { weight: 1, arbitrary: fc.constant<readonly string[]>(['careful']) },
  );
  return fc.record({ rows: fc.array(row, { maxLength: 3 }), warnings });
}
