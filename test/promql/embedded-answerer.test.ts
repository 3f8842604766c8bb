import { expect, test } from 'vitest';
import { embeddedAnswerer } from '../../src/promql/embedded-answerer.ts';
import { createEngine } from '../../src/promql/engine.ts';
import { MemoryStore } from '../../src/promql/memory-store.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';

const never = new AbortController().signal;

function answering(): ReturnType<typeof embeddedAnswerer> {
  const source = new MemoryStore();
  source.append({ __name__: 'up', job: 'shop' }, { atMs: start - 60_000, value: 1 });
  source.append({ __name__: 'up', job: 'shop' }, { atMs: start, value: 0 });
  return embeddedAnswerer({ name: 'scrape', source, engine: createEngine(), clock: new SimulatedClock() });
}

test('a query without a time is answered for now, one with a time for then', async () => {
  const answerer = answering();
  const labels = { __name__: 'up', job: 'shop' };

  expect(await answerer.query('up', null, never)).toEqual({
    type: 'vector',
    series: [{ labels, value: 0 }],
    warnings: [],
  });
  expect(await answerer.query('up', start - 1, never)).toEqual({
    type: 'vector',
    series: [{ labels, value: 1 }],
    warnings: [],
  });
  expect(await answerer.query('1 + 1', null, never)).toEqual({ type: 'scalar', value: 2, warnings: [] });
  expect(await answerer.query('up[5m]', null, never)).toEqual({ type: 'matrix', warnings: [] });
  expect(await answerer.query('"text"', null, never)).toEqual({ type: 'string', warnings: [] });
});

test('a range is answered at every step', async () => {
  const range = { fromMs: start - 60_000, toMs: start, stepMs: 30_000 };
  const { series, warnings } = await answering().queryRange('up', range, never);

  expect(series.map(({ times, values }) => [[...times], [...values]])).toEqual([
    [
      [start - 60_000, start - 30_000, start],
      [1, 1, 0],
    ],
  ]);
  expect(warnings).toEqual([]);
});

test('what is not PromQL, and what fails on the samples, is no answer that can be trusted', async () => {
  const answerer = answering();

  await expect(answerer.query('sum(up', null, never)).rejects.toMatchObject({
    code: 'ANSWER_INVALID',
    message:
      'scrape could not answer a query: 1:7: parse error: unclosed left parenthesis (bad_data): sum(up',
  });
  await expect(answerer.query('topk(NaN, up)', null, never)).rejects.toMatchObject({
    code: 'ANSWER_INVALID',
    message: 'scrape could not answer a query: Scalar value NaN overflows int64 (execution): topk(NaN, up)',
  });
});

test('a query that nobody waits for any more is not evaluated', async () => {
  await expect(answering().query('up', null, AbortSignal.abort())).rejects.toMatchObject({
    code: 'ABORTED',
    message: 'the query to scrape was given up: up',
  });
});

test('behind a query that took long, the next one waits until the clock rang for others', async () => {
  const clock = new SimulatedClock();
  const done: string[] = [];
  const slow = {
    select: () => {
      done.push('a query');
      // As if it had computed for so long.
      clock.now = () => start + 25 * done.length;
      return [];
    },
  };
  const answerer = embeddedAnswerer({ name: 'scrape', source: slow, engine: createEngine(), clock });
  clock.after(0, () => done.push('an alarm'));
  const both = ['up', 'down'].map((query) => answerer.query(query, null, never));
  await clock.advance(1);
  await Promise.all(both);
  expect(done).toEqual(['a query', 'an alarm', 'a query']);
});
