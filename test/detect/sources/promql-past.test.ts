import { describe, expect, test } from 'vitest';
import { promqlSource } from '../../../src/detect/sources/promql.ts';
import type { Labels, RangeSeries, Series } from '../../../src/domain/labels.ts';
import type { Answerer } from '../../../src/domain/ports/answerer.ts';
import type { Arrival } from '../../../src/domain/ports/arrivals.ts';
import type { Source } from '../../../src/domain/ports/source.ts';
import type { Baselined, Reading } from '../../../src/domain/reading.ts';
import type { Baseline } from '../../../src/domain/rule.ts';
import type { Subject } from '../../../src/domain/target.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../../src/domain/time.ts';
import { SimulatedClock, start } from '../../fakes/clock.ts';
import { aTarget } from '../tracing.ts';

/** What a query returned at an instant: by target, or for a series without labels. */
type Past = (at: number, target: string) => number | null;

/** An answerer whose every query has a known history; it keeps a log of what it was asked. */
class History implements Answerer {
  readonly name = 'prometheus';
  readonly log: string[] = [];
  refuses = false;
  readonly #clock: SimulatedClock;
  readonly #pasts: Readonly<Record<string, Past>>;
  readonly #targets: readonly string[];

  constructor(clock: SimulatedClock, pasts: Readonly<Record<string, Past>>, targets = ['backend']) {
    this.#clock = clock;
    this.#pasts = pasts;
    this.#targets = targets;
  }

  async query(text: string, at: number | null): ReturnType<Answerer['query']> {
    const now = this.#clock.now();
    this.log.push(at === null ? text : `${text} ${formatDuration(now - at)} ago`);
    if (this.refuses) throw new Error('connection refused');
    return { type: 'vector', series: this.#at(text, at ?? now), warnings: [] };
  }

  async queryRange(
    text: string,
    { fromMs, toMs, stepMs }: Parameters<Answerer['queryRange']>[1],
  ): ReturnType<Answerer['queryRange']> {
    const [from, to] = [fromMs, toMs].map((at) => `${(at - start) / MINUTE}m`);
    this.log.push(`${text} from ${from} to ${to} every ${formatDuration(stepMs)}`);
    if (this.refuses) throw new Error('connection refused');
    const series = this.#targets.map((target): RangeSeries => {
      const points: [number, number][] = [];
      for (let at = fromMs; at <= toMs; at += stepMs) {
        const value = this.#pasts[text]?.(at, target) ?? null;
        if (value !== null) points.push([at, value]);
      }
      return {
        labels: labelsOf(target),
        times: Float64Array.from(points, ([at]) => at),
        values: Float64Array.from(points, ([, value]) => value),
      };
    });
    return { series: series.filter(({ times }) => times.length > 0), warnings: [] };
  }

  #at(text: string, at: number): Series[] {
    return this.#targets.flatMap((target) => {
      const value = this.#pasts[text]?.(at, target) ?? null;
      return value === null ? [] : [{ labels: labelsOf(target), value }];
    });
  }
}

const labelsOf = (target: string): Labels => (target === '' ? {} : { service: target });

interface Asking {
  readonly history: History;
  readonly clock: SimulatedClock;
  readonly arrivals?: Readonly<Record<string, Arrival>>;
  readonly names?: readonly string[];
  /** Instead of what the source reads. */
  readonly value?: number;
}

/** A rule that is read every ten seconds: what its readings are compared with, again and again. */
function comparing(
  written: object,
  baseline: Baseline,
  { history, clock, arrivals = {}, names = ['backend'], value }: Asking,
) {
  const source: Source = promqlSource({
    kind: 'prometheus',
    answerer: history,
    clock,
    arrivals: { of: (target) => arrivals[target] ?? null },
  });
  const options = source.options.parse(written);
  const subjects: Subject[] = names.map((name) => ({ name, target: aTarget(name) }));
  const { signal } = new AbortController();
  return async (): Promise<Readonly<Record<string, Baselined>>> => {
    const read = (at: number): Map<string, Reading> =>
      new Map(names.map((name) => [name, { kind: 'value', at, value: value ?? 0, detail: '' }]));
    const readings = value === undefined ? await source.read(options, subjects, signal) : read(clock.now());
    const past = await source.baselines?.(
      options,
      { baseline, everyMs: 10 * SECOND, readings },
      subjects,
      signal,
    );
    return Object.fromEntries(past ?? []);
  };
}

const query = { query: 'latency' };
const yesterday: Baseline = { offsetMs: DAY };

describe('the same query earlier', () => {
  test('is asked once for all targets', async () => {
    const clock = new SimulatedClock();
    const past: Past = (at, target) => (at < start ? (target === 'backend' ? 0.3 : 0.7) : 9);
    const history = new History(clock, { latency: past }, ['backend', 'frontend']);
    const compare = comparing(query, yesterday, { history, clock, names: ['backend', 'frontend'] });
    expect(await compare()).toEqual({
      backend: { value: 0.3, when: 'of 1d ago', shift: null },
      frontend: { value: 0.7, when: 'of 1d ago', shift: null },
    });
    expect(history.log).toEqual(['latency', 'latency 1d ago']);
  });

  test('of which there is no data is insufficient: no data then says nothing of now', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: (at) => (at < start ? null : 9) });
    expect(await comparing(query, yesterday, { history, clock })()).toEqual({
      backend: { why: 'insufficient', detail: '1d ago: no series' },
    });
  });

  test('may be a ratio, with too little traffic then', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { bad: () => 1, total: (at) => (at < start ? 2 : 100) });
    const ratio = { ratio: { bad: 'bad', total: 'total', min: 5 } };
    expect(await comparing(ratio, yesterday, { history, clock })()).toEqual({
      backend: { why: 'insufficient', detail: '1d ago: total is 2, at least 5 needed' },
    });
  });

  test('that cannot be asked for is an error', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: () => 1 });
    history.refuses = true;
    expect(await comparing(query, yesterday, { history, clock })()).toEqual({
      backend: { why: 'error', detail: '1d ago: connection refused' },
    });
  });
});

const before: Baseline = { before: 'deploy', windowMs: 30 * MINUTE };
const arrived: Arrival = { release: 'r-2', since: start, deployedAt: start };

describe('the time before a deployment', () => {
  test('is its median, asked for once a release', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, {
      latency: (at) => (at <= start ? 100 + (start - at) / MINUTE : 400),
    });
    const arrivals: Record<string, Arrival> = { backend: arrived };
    const compare = comparing(query, before, { history, clock, arrivals });
    expect(await compare()).toMatchObject({ backend: { when: 'before the deployment', shift: null } });
    expect((await compare())['backend']).toMatchObject({ value: 115 });
    const asked = 'latency from -30m to 0m every 10s';
    expect(history.log.filter((line) => line.includes('from'))).toEqual([asked]);

    await clock.advance(HOUR);
    arrivals['backend'] = { release: 'r-3', since: start + HOUR, deployedAt: start + HOUR };
    expect((await compare())['backend']).toMatchObject({ value: 400 });
    expect(history.log.at(-1)).toBe('latency from 30m to 60m every 10s');
  });

  test('is that of each target, which may be no deployment at all', async () => {
    const clock = new SimulatedClock();
    const past: Past = (_, target) => (target === 'backend' ? 5 : 7);
    const names = ['backend', 'frontend', 'worker'];
    const history = new History(clock, { latency: past }, names);
    const arrivals = { backend: arrived, frontend: { ...arrived, deployedAt: start - HOUR } };
    expect(await comparing(query, before, { history, clock, arrivals, names })()).toEqual({
      backend: { value: 5, when: 'before the deployment', shift: null },
      frontend: { value: 7, when: 'before the deployment', shift: null },
      worker: { why: 'insufficient', detail: 'no deployment of it has been seen' },
    });
  });

  test('of which less than half is known is insufficient, and asked for again a minute later', async () => {
    const clock = new SimulatedClock();
    let late = true;
    const history = new History(clock, { latency: (at) => (late && at < start - 10 * MINUTE ? null : 2) });
    const compare = comparing(query, before, { history, clock, arrivals: { backend: arrived } });
    const tooLittle = {
      why: 'insufficient',
      detail: '61 readings of the 30m before the deployment, at least 90 needed',
    };
    expect(await compare()).toEqual({ backend: tooLittle });
    late = false;
    await clock.advance(30 * SECOND);
    expect(await compare()).toEqual({ backend: tooLittle });
    await clock.advance(30 * SECOND);
    expect(await compare()).toMatchObject({ backend: { value: 2 } });
  });

  test('of a ratio counts only what had enough traffic, and no errors as none', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, {
      bad: (at) => (at < start - 20 * MINUTE ? null : 10),
      total: (at) => (at < start - 25 * MINUTE ? 1 : 100),
    });
    const ratio = { ratio: { bad: 'bad', total: 'total', min: 5 } };
    const compare = comparing(ratio, before, { history, clock, arrivals: { backend: arrived } });
    // 5 m of too little traffic, 5 m without errors, 20 m with a tenth of errors.
    expect(await compare()).toMatchObject({ backend: { value: 0.1 } });
  });

  test('of several series is of none, and one without labels is that of the only target', async () => {
    const clock = new SimulatedClock();
    const twice = new History(clock, { latency: () => 3 }, ['backend', 'backend']);
    const alone = new History(clock, { latency: () => 3 }, ['']);
    const arrivals = { backend: arrived, frontend: arrived };
    const of = async (history: History, names: readonly string[]): Promise<Baselined | undefined> =>
      (await comparing(query, before, { history, clock, arrivals, names, value: 9 })())['backend'];
    const none = { detail: '0 readings of the 30m before the deployment, at least 90 needed' };
    expect(await of(alone, ['backend'])).toMatchObject({ value: 3 });
    expect(await of(alone, ['backend', 'frontend'])).toMatchObject(none);
    expect(await of(twice, ['backend'])).toMatchObject(none);
  });

  test('that cannot be asked for is an error, and asked for again at the next reading', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: () => 2 });
    const compare = comparing(query, before, { history, clock, arrivals: { backend: arrived }, value: 2 });
    history.refuses = true;
    expect(await compare()).toEqual({
      backend: { why: 'error', detail: 'the time before the deployment: connection refused' },
    });
    history.refuses = false;
    expect(await compare()).toMatchObject({ backend: { value: 2 } });
  });
});

describe('a test of the readings since the deployment', () => {
  const tested: Baseline = { ...before, test: { p: 0.01, effect: 0.5, samples: 20 } };
  /** Never twice the same: a little higher and lower in turn. */
  const noise = (at: number): number => ((at / (10 * SECOND)) % 7) / 10;

  async function after(minutes: number, past: Past): Promise<Baselined | undefined> {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: past });
    const compare = comparing(query, tested, { history, clock, arrivals: { backend: arrived } });
    let last: Baselined | undefined;
    for (let read = 0; read <= minutes * 6; read++) {
      last = (await compare())['backend'];
      await clock.advance(10 * SECOND);
    }
    return last;
  }

  test('takes so many readings on either side', async () => {
    expect(await after(3, () => 2)).toMatchObject({ shift: 'insufficient' });
    expect(await after(4, () => 2)).toMatchObject({ shift: 'none' });
  });

  test('tells higher and lower from chance', async () => {
    expect(await after(5, (at) => noise(at) + (at < start ? 2 : 9))).toMatchObject({ shift: 'higher' });
    expect(await after(5, (at) => noise(at) + (at < start ? 9 : 2))).toMatchObject({ shift: 'lower' });
    expect(await after(5, noise)).toMatchObject({ shift: 'none' });
  });

  test('does not take a small effect for a large one, however certain', async () => {
    expect(await after(30, (at) => noise(at) + (at < start ? 0 : 0.1))).toMatchObject({ shift: 'none' });
  });

  test('looks at no reading of the release that was left', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: noise });
    await clock.advance(10 * MINUTE);
    const back = { ...arrived, since: start + 9 * MINUTE };
    await comparing(query, tested, { history, clock, arrivals: { backend: back } })();
    expect(history.log.at(-1)).toBe('latency from 9m to 10m every 10s');
  });

  test('after a restart begins with what was read since the deployment', async () => {
    const clock = new SimulatedClock();
    const history = new History(clock, { latency: (at) => noise(at) + (at < start ? 2 : 9) });
    await clock.advance(10 * MINUTE);
    const compare = comparing(query, tested, { history, clock, arrivals: { backend: arrived } });
    expect((await compare())['backend']).toMatchObject({ shift: 'higher' });
    expect(history.log.filter((line) => line.includes('from'))).toEqual([
      'latency from -30m to 0m every 10s',
      'latency from 0m to 10m every 10s',
    ]);
  });
});
