import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keyOf, type Answered, type Question } from '../../src/backtest/answered.ts';
import { diskCache, noCache, type Cache } from '../../src/backtest/cache.ts';
import { fetched } from '../../src/backtest/fetching.ts';
import { packAnswer, unpackAnswer } from '../../src/backtest/packed.ts';
import { gridIn, mostPoints, windowMsFor, windowsOf, type Span } from '../../src/backtest/span.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { allOf, PastPrometheus } from './past.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const newYear = Date.UTC(2026, 0, 1);
const span: Span = { fromMs: newYear + HOUR, toMs: newYear + 5 * DAY, stepMs: MINUTE };
const errors: Question = { text: 'errors', stepMs: MINUTE, backMs: 0 };

const day = (at: number): number => Math.floor((at - newYear) / DAY);

test.each([SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 90 * SECOND, HOUR, DAY])(
  'a window at steps of %d ms never asks for more points than Prometheus gives',
  (stepMs) => {
    const points = windowMsFor(stepMs) / stepMs;

    expect(points).toBeLessThan(mostPoints);
    expect(points).toBeGreaterThan(100);
  },
);

test('windows lie one after the other, on multiples of their length, and cover both ends', () => {
  const windows = windowsOf(span);
  const lengths = new Set(windows.map(({ fromMs, toMs }) => toMs - fromMs));

  expect([...lengths]).toEqual([2 * DAY]);
  expect(windows.every(({ fromMs }) => fromMs % (2 * DAY) === 0)).toBe(true);
  expect(windows[0]?.fromMs).toBeLessThanOrEqual(span.fromMs);
  expect(windows.at(-1)?.toMs).toBeGreaterThan(span.toMs);
  expect(windows.slice(1).every(({ fromMs }, index) => fromMs === windows[index]?.toMs)).toBe(true);
});

test('a step that does not divide the window leaves no slot out and takes none twice', () => {
  const windows = windowsOf({ ...span, stepMs: 7 * MINUTE });
  const slots = windows.flatMap((window) => {
    const { firstMs, stepMs, count } = gridIn(window, 7 * MINUTE);
    return Array.from({ length: count }, (_, index) => firstMs + index * stepMs);
  });

  expect(slots.slice(1).every((at, index) => at - (slots[index] ?? 0) === 7 * MINUTE)).toBe(true);
});

test('an answer comes out of its bytes as it went in, gaps, NaN and infinities included', () => {
  const answer: Answered = {
    rows: [
      row({ service: 'a' }, [1, null, Number.NaN, Infinity, -0, 1e-300]),
      row({}, [null, null, null, null, null, null]),
    ],
    warnings: ['careful'],
  };

  expect(unpackAnswer(packAnswer(answer, 6))).toEqual(answer);
});

test('bytes that were cut are told from an answer', () => {
  const bytes = packAnswer({ rows: [row({}, [1, 2, 3])], warnings: [] }, 3);

  for (let length = 0; length < bytes.length; length++)
    expect(() => unpackAnswer(bytes.subarray(0, length))).toThrow(
      'what was kept of the history cannot be read',
    );
});

test('what Prometheus said of a range arrives on the slots it was asked for', async () => {
  const prometheus = new PastPrometheus({ errors: { shop: (at) => (day(at) === 1 ? null : day(at)) } });
  const stretches = await allOf(fetching({ prometheus }));
  const values = stretches.flatMap(({ window, answers }) => {
    const answer = answers.get(keyOf(errors)) as Answered;
    const { firstMs } = gridIn(window, MINUTE);
    return [...(answer.rows[0]?.present ?? [])].flatMap((bit, index) =>
      bit === 0 ? [] : [[firstMs + index * MINUTE, answer.rows[0]?.values[index] ?? 0] as const],
    );
  });

  expect(values.every(([at, value]) => value === day(at))).toBe(true);
  expect(values.filter(([at]) => day(at) === 2)).toHaveLength(1_440);
  expect(values.filter(([at]) => day(at) === 1)).toEqual([]);
});

test('what was answered is not asked again, but for the window that is not over', async () => {
  const cache = diskCache(temporaryFolder('cache'), 'http://p');
  const first = new PastPrometheus({ errors: { shop: day } });
  const again = new PastPrometheus({ errors: { shop: day } });
  const before = await allOf(fetching({ prometheus: first, cache, now: newYear + 5 * DAY }));
  const after = await allOf(fetching({ prometheus: again, cache, now: newYear + 5 * DAY }));

  expect(first.asked).toEqual([
    'errors 2026-01-01T00:00:00.000Z +2879 x 60000',
    'errors 2026-01-03T00:00:00.000Z +2879 x 60000',
    'errors 2026-01-05T00:00:00.000Z +1440 x 60000',
  ]);
  expect(again.asked).toEqual(['errors 2026-01-05T00:00:00.000Z +1440 x 60000']);
  expect(after).toEqual(before);
});

test('answers of another Prometheus, query or step are not taken for one’s own', async () => {
  const directory = temporaryFolder('cache');
  const window = { fromMs: newYear, toMs: newYear + 2 * DAY };
  const answer: Answered = { rows: [], warnings: [] };
  await diskCache(directory, 'http://p').keep(errors, window, answer);

  expect(await diskCache(directory, 'http://p').find(errors, window)).toEqual(answer);
  expect(await diskCache(directory, 'http://q').find(errors, window)).toBe(null);
  expect(await diskCache(directory, 'http://p').find({ ...errors, text: 'other' }, window)).toBe(null);
  expect(await diskCache(directory, 'http://p').find({ ...errors, stepMs: HOUR }, window)).toBe(null);
});

test('a file of the cache that was damaged is asked for again', async () => {
  const directory = temporaryFolder('cache');
  const cache = diskCache(directory, 'http://p');
  await allOf(fetching({ prometheus: new PastPrometheus({ errors: { shop: day } }), cache }));
  const files = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.gz'));
  const [cut = '', flipped = ''] = files.map((name) => join(directory, name));
  const bytes = await readFile(flipped);
  bytes[8] = (bytes[8] ?? 0) ^ 1;
  await writeFile(cut, (await readFile(cut)).subarray(0, 40));
  await writeFile(flipped, bytes);
  const again = new PastPrometheus({ errors: { shop: day } });
  await allOf(fetching({ prometheus: again, cache }));

  expect(files).toHaveLength(3);
  expect(again.asked).toHaveLength(2);
});

test('what was interrupted goes on where it stood', async () => {
  const cache = diskCache(temporaryFolder('cache'), 'http://p');
  const interrupted = new AbortController();
  const first = new PastPrometheus({ errors: { shop: day } }, () => interrupted.abort());
  first.troubles.push(undefined, 'stop');
  const broken = allOf(fetching({ prometheus: first, cache, signal: interrupted.signal }));
  await expect(broken).rejects.toThrow('aborted');
  const again = new PastPrometheus({ errors: { shop: day } });
  await allOf(fetching({ prometheus: again, cache }));

  expect(first.asked).toHaveLength(2);
  expect(again.asked).toEqual(['errors 2026-01-05T00:00:00.000Z +2879 x 60000']);
});

test('a question that is refused is not asked again, and the others go on', async () => {
  const prometheus = new PastPrometheus({ errors: { shop: day } });
  const wrong: Question = { text: 'sum(', stepMs: MINUTE, backMs: 0 };
  const stretches = await allOf(fetching({ prometheus, questions: [wrong, errors], parallel: 1 }));

  expect(prometheus.asked.filter((asked) => asked.startsWith('sum('))).toHaveLength(1);
  expect(stretches.map(({ answers }) => answers.get(keyOf(wrong)))).toEqual(
    stretches.map(() => ({ problem: 'POST http://p/api/v1/query_range answered 400: no sum(' })),
  );
  expect(stretches.every(({ answers }) => 'rows' in (answers.get(keyOf(errors)) ?? {}))).toBe(true);
});

test('who does not answer is asked again, a little later each time', async () => {
  const clock = new SimulatedClock(newYear + 30 * DAY);
  const prometheus = new PastPrometheus({ errors: { shop: day } });
  const busy = new RollbackError('ANSWER_INVALID', 'answered 503: too many queries', { status: 503 });
  prometheus.troubles.push(busy, new RollbackError('TIMED_OUT', 'no answer'));
  const history = allOf(fetching({ prometheus, clock, span: { ...span, toMs: span.fromMs + HOUR } }));
  await clock.advance(999);
  expect(prometheus.asked).toHaveLength(1);
  await clock.advance(1);
  expect(prometheus.asked).toHaveLength(2);
  await clock.advance(3 * SECOND);

  expect(await history).toHaveLength(1);
  expect(prometheus.asked).toHaveLength(3);
});

test('when nobody answers at all, the message says that the work done is not lost', async () => {
  const clock = new SimulatedClock(newYear + 30 * DAY);
  const prometheus = new PastPrometheus({ errors: { shop: day } });
  const down = new RollbackError('UNREACHABLE', 'POST http://p/api/v1/query_range: connection refused');
  prometheus.troubles.push(down, down, down, down);
  const history = allOf(fetching({ prometheus, clock }));
  const failed = history.catch((error: Error) => error.message);
  await clock.advance(MINUTE);

  expect(await failed).toBe(
    'POST http://p/api/v1/query_range: connection refused; gave up at 2026-01-01T00:00:00.000Z after 4 attempts. ' +
      'What was answered is kept: the same command goes on from there',
  );
});

test('progress counts every answer', async () => {
  const seen: string[] = [];
  const prometheus = new PastPrometheus({ errors: { shop: day } });
  await allOf(fetching({ prometheus, progress: (done, all) => seen.push(`${done}/${all}`) }));

  expect(seen).toEqual(['1/3', '2/3', '3/3']);
});

interface Fetching {
  readonly prometheus: PastPrometheus;
  readonly cache?: Cache;
  readonly now?: number;
  readonly clock?: SimulatedClock;
  readonly signal?: AbortSignal;
  readonly questions?: readonly Question[];
  readonly span?: Span;
  readonly parallel?: number;
  readonly progress?: (done: number, all: number) => void;
}

function fetching({ prometheus, cache, now, ...more }: Fetching) {
  return fetched({
    answerer: prometheus,
    cache: cache ?? noCache,
    clock: new SimulatedClock(now ?? newYear + 30 * DAY),
    signal: new AbortController().signal,
    span,
    questions: [errors],
    ...more,
  });
}

function row(labels: Readonly<Record<string, string>>, cells: readonly (number | null)[]) {
  return {
    labels,
    values: Float64Array.from(cells, (cell) => cell ?? 0),
    present: Uint8Array.from(cells, (cell) => (cell === null ? 0 : 1)),
  };
}
