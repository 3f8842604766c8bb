import { expect, test } from 'vitest';
import { promqlSource } from '../../../src/detect/sources/promql.ts';
import { TakeOver } from '../../../src/detect/sources/take-over.ts';
import { RollbackError, type ErrorCode, type ErrorFacts } from '../../../src/domain/errors.ts';
import type { Answerer } from '../../../src/domain/ports/answerer.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { objections, read, subjects } from './reading.ts';

/** Answers with its own number, or fails as the test says; remembers what it was asked. */
class Oracle implements Answerer {
  readonly name: string;
  readonly asked: string[] = [];
  fails: Error | null = null;
  readonly #value: number;

  constructor(name: string, value: number) {
    this.name = name;
    this.#value = value;
  }

  async query(text: string) {
    this.asked.push(text);
    await Promise.resolve();
    if (this.fails !== null) throw this.fails;
    return { type: 'scalar' as const, value: this.#value, warnings: [] };
  }

  queryRange(): Promise<never> {
    return Promise.reject(new Error('nobody asks for ranges'));
  }
}

function watching({ unlessStated = true } = {}) {
  const clock = new SimulatedClock();
  const prometheus = new Oracle('prometheus', 1);
  const scrape = new Oracle('scrape', 2);
  const changes: string[] = [];
  const takeOver = new TakeOver({
    first: prometheus,
    second: scrape,
    clock,
    changed: (silence, awayMs) => changes.push(silence === null ? `back after ${awayMs} ms` : silence.detail),
  });
  const source = promqlSource({
    kind: 'prometheus',
    answerer: prometheus,
    clock,
    fallback: { takeOver, unlessStated },
  });
  return {
    clock,
    prometheus,
    scrape,
    changes,
    takeOver,
    read: async (more: object = {}) =>
      (await read(source, { query: 'up', ...more }, subjects(['shop'])))['shop'],
  };
}

const silent = (code: ErrorCode = 'UNREACHABLE', facts: ErrorFacts = {}): RollbackError =>
  new RollbackError(code, 'POST http://p:9090/api/v1/query: the connection was refused', facts);
const instead =
  '(by scrape, prometheus does not answer: POST http://p:9090/api/v1/query: the connection was refused)';

test('while prometheus answers, nobody else is asked', async () => {
  const { read, scrape, changes } = watching();
  expect(await read()).toBe('1: 1');
  expect([scrape.asked, changes]).toEqual([[], []]);
});

test('scrape takes over at once, says so in each reading, and is told of once', async () => {
  const { read, prometheus, changes, takeOver, clock } = watching();
  prometheus.fails = silent();
  const since = clock.now();
  expect(await read()).toBe(`2: 2 ${instead}`);
  await clock.advance(SECOND);
  expect(await read()).toBe(`2: 2 ${instead}`);
  expect(changes).toEqual(['POST http://p:9090/api/v1/query: the connection was refused']);
  expect(takeOver.silence()).toEqual({ since, detail: changes[0] });
});

test('prometheus is asked again every ten seconds, and is back with its first answer', async () => {
  const { read, prometheus, clock, changes, takeOver } = watching();
  prometheus.fails = silent();
  for (let second = 0; second < 25; second++) {
    await read();
    await clock.advance(SECOND);
  }
  expect(prometheus.asked).toHaveLength(3);
  prometheus.fails = null;
  await clock.advance(5 * SECOND);
  expect(await read()).toBe(`2: 2 ${instead}`);
  await clock.advance(1);
  expect(await read()).toBe('1: 1');
  expect(changes.at(-1)).toBe('back after 30000 ms');
  expect(takeOver.silence()).toBe(null);
});

test('no reading waits for a prometheus that hangs once it is known to be silent', async () => {
  const { read, prometheus, clock } = watching();
  prometheus.fails = silent();
  await read();
  prometheus.query = () => new Promise<never>(() => {});
  for (let second = 0; second < 25; second++) {
    await clock.advance(SECOND);
    expect(await read()).toBe(`2: 2 ${instead}`);
  }
});

test('one that comes and goes is asked ever more seldom, until it has answered for long', async () => {
  const { read, prometheus, clock, changes } = watching();
  const lasted = async (steps: number): Promise<number> => {
    prometheus.fails = silent();
    await read();
    prometheus.fails = null;
    const before = changes.length;
    for (let step = 0; step < steps && changes.length === before; step++) {
      await clock.advance(SECOND);
      await read();
      await clock.advance(0);
    }
    return (clock.now() - begun.at) / SECOND;
  };
  const begun = { at: clock.now() };
  const lengths: number[] = [];
  for (let time = 0; time < 7; time++) {
    begun.at = clock.now();
    lengths.push(await lasted(600));
  }
  expect(lengths).toEqual([10, 20, 40, 80, 160, 300, 300]);
  await clock.advance(10 * MINUTE);
  begun.at = clock.now();
  expect(await lasted(600)).toBe(10);
});

test('an answer to a question from before the silence does not end it', async () => {
  const { prometheus, scrape, takeOver } = watching();
  const late = Promise.withResolvers<string>();
  const never = new AbortController().signal;
  const asked = takeOver.ask((who) => (who === prometheus ? late.promise : Promise.resolve('')), never);
  const other = (who: unknown) => (who === prometheus ? Promise.reject(silent()) : Promise.resolve('2'));
  expect(await takeOver.ask(other, never)).toEqual({ answer: '2', instead: instead.slice(1, -1) });
  late.resolve('1');
  expect(await asked).toEqual({ answer: '1', instead: null });
  expect(takeOver.silence()).not.toBe(null);
  expect(scrape.asked).toEqual([]);
});

test.each([
  ['a bad query', 'ANSWER_INVALID', { status: 400 }],
  ['a query that fails', 'ANSWER_INVALID', { status: 422 }],
  ['an answer that is too large', 'ANSWER_TOO_LARGE', {}],
] as const)('%s is an answer: nobody takes over', async (_, code, facts) => {
  const { read, prometheus, scrape, changes } = watching();
  prometheus.fails = silent(code, facts);
  expect(await read()).toMatch(/^error: POST/);
  expect([scrape.asked, changes]).toEqual([[], []]);
});

test.each([
  ['no answer in time', 'TIMED_OUT', {}],
  ['a connection that was cut', 'ABORTED', {}],
  ['an overloaded server', 'ANSWER_INVALID', { status: 503 }],
  ['a page that is none of Prometheus', 'ANSWER_INVALID', { status: 200 }],
  ['a missing permission', 'REFUSED', { status: 401 }],
] as const)('%s is none: scrape takes over', async (_, code, facts) => {
  const { read, prometheus } = watching();
  prometheus.fails = silent(code, facts);
  expect(await read()).toBe(`2: 2 ${instead}`);
});

test('when both are silent, the reading is unknown and names both reasons', async () => {
  const { read, prometheus, scrape } = watching();
  prometheus.fails = silent();
  scrape.fails = new Error('scrape has no such series');
  expect(await read()).toBe(`error: scrape has no such series ${instead}`);
});

test('a rule says for itself who falls back', async () => {
  const always = watching();
  always.prometheus.fails = silent();
  expect(await always.read({ fallback: 'none' })).toBe(
    'error: POST http://p:9090/api/v1/query: the connection was refused',
  );
  const seldom = watching({ unlessStated: false });
  seldom.prometheus.fails = silent();
  expect(await seldom.read()).toMatch(/^error: /);
  expect(await seldom.read({ fallback: 'scrape' })).toBe(`2: 2 ${instead}`);
});

test('a reading that was given up is nobody else’s business', async () => {
  const { prometheus, scrape, takeOver, changes } = watching();
  prometheus.fails = silent('ABORTED');
  const stop = new AbortController();
  stop.abort();
  await expect(takeOver.ask((who) => who.query('up', null, stop.signal), stop.signal)).rejects.toBe(
    prometheus.fails,
  );
  expect([scrape.asked, changes]).toEqual([[], []]);
});

test('what is scraped falls back to nobody, and must be readable here', () => {
  const source = promqlSource({
    kind: 'scrape',
    answerer: new Oracle('scrape', 2),
    clock: new SimulatedClock(),
  });
  expect(objections(source, { query: 'up', fallback: 'scrape' })).toEqual([': Unrecognized key: "fallback"']);
  expect(objections(source, { query: 'sum(up' })).toEqual([
    'query: 1:7: parse error: unclosed left parenthesis',
  ]);
  expect(objections(source, { ratio: { bad: 'rate(x)', total: 'rate(x[1m])' } })).toEqual([
    expect.stringMatching(/^ratio\.bad: 1:6: parse error: expected type range vector/),
  ]);
});
