import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import { prometheusAnswerer } from '../../../src/clients/prometheus.ts';
import { promqlSource } from '../../../src/detect/sources/promql.ts';
import type { Answerer } from '../../../src/domain/ports/answerer.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { bodyOf, nobody, serving, type Handler } from '../../clients/loopback.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { host, objections, read, subjects } from './reading.ts';

type Series = readonly [labels: Record<string, string>, value: string];

/** The real source and client against a real server that treats every query as the test says. */
async function against(handler: Handler | string) {
  const url = typeof handler === 'string' ? handler : (await serving(handler)).url;
  const clock = systemClock();
  const answerer = prometheusAnswerer({ http: httpClient({ clock }), url, timeoutMs: 300 });
  return promqlSource({ kind: 'prometheus', answerer, clock });
}

/** A server that knows the answers to some queries; any other has an empty vector. */
function knowing(answers: Record<string, readonly Series[] | string>, more: object = {}): Promise<Source> {
  return against(async (request, response) => {
    const query = new URLSearchParams(await bodyOf(request)).get('query') ?? '';
    const answer = answers[query] ?? [];
    const data =
      typeof answer === 'string'
        ? { resultType: 'scalar', result: [1, answer] }
        : { resultType: 'vector', result: answer.map(([metric, value]) => ({ metric, value: [1, value] })) };
    response.end(JSON.stringify({ status: 'success', data, ...more }));
  });
}
type Source = Awaited<ReturnType<typeof against>>;

const backend = subjects(['backend']);
const both = subjects(['backend', 'frontend']);
const of = (service: string, value: string): Series => [{ service }, value];

describe('a query', () => {
  test('serves all targets, each by its own labels', async () => {
    const source = await knowing({ q: [of('frontend', '0.25'), of('backend', '3')] });
    expect(await read(source, { query: 'q' }, both)).toEqual({ backend: '3: 3', frontend: '0.25: 0.25' });
  });

  test('maps by all labels of a target, and by no more', async () => {
    const target = { ...both[0]?.target, name: 'eu', labels: { service: 'backend', region: 'eu' } };
    const source = await knowing({
      q: [
        [{ service: 'backend', region: 'us' }, '1'],
        [{ service: 'backend', region: 'eu', pod: 'a' }, '2'],
      ],
    });
    const eu = [{ name: 'eu', target: target as never }];
    expect(await read(source, { query: 'q' }, eu)).toEqual({ eu: '2: 2' });
  });

  test('counts series that belong to no target', async () => {
    const source = await knowing({ q: [of('backend', '1'), of('stranger', '1'), of('other', '1')] });
    const options = source.options.parse({ query: 'q' });
    await source.read(options, both, new AbortController().signal);
    expect(source.unmatched?.(options)).toBe(2);
  });

  test('of one target, or of the host, may return one series without labels or a scalar', async () => {
    const source = await knowing({ one: [[{}, '4']], scalar: '5', named: [[{ __name__: 'up' }, '6']] });
    expect(await read(source, { query: 'one' }, backend)).toEqual({ backend: '4: 4' });
    expect(await read(source, { query: 'scalar' }, backend)).toEqual({ backend: '5: 5' });
    expect(await read(source, { query: 'named' }, backend)).toEqual({ backend: '6: 6' });
    expect(await read(source, { query: 'one' }, host)).toEqual({ 'host:alpha': '4: 4' });
  });

  test('of the host may return one series whatever its labels, never several', async () => {
    const source = await knowing({ one: [of('node', '4')], two: [of('a', '1'), of('b', '2')] });
    expect(await read(source, { query: 'one' }, host)).toEqual({ 'host:alpha': '4: 4' });
    expect(await read(source, { query: 'two' }, host)).toEqual({
      'host:alpha': 'error: several series; aggregate to one for each target',
    });
  });

  test('of several targets needs labels', async () => {
    const source = await knowing({ one: [[{}, '4']], scalar: '5' });
    const problem = (what: string): string =>
      `error: the query returned ${what} for 2 targets; aggregate by the labels that tell them apart`;
    expect(await read(source, { query: 'one' }, both)).toEqual({
      backend: problem('one series without labels'),
      frontend: problem('one series without labels'),
    });
    expect(await read(source, { query: 'scalar' }, both)).toMatchObject({ backend: problem('a scalar') });
  });

  test('that filters may declare that what it does not return is ok', async () => {
    const source = await knowing({ q: [of('backend', '9')] });
    expect(await read(source, { query: 'q', on_empty: 'ok' }, both)).toEqual({
      backend: '9: 9',
      frontend: 'passed: no series, which is ok here',
    });
  });

  test('is dated when it was asked', async () => {
    const clock = new SimulatedClock();
    const answerer: Answerer = {
      name: 'slow',
      queryRange: () => Promise.reject(new Error('nobody asks for ranges')),
      query: async () => {
        await clock.advance(700);
        return { type: 'scalar' as const, value: 1, warnings: [] };
      },
    };
    const at = clock.now();
    const source = promqlSource({ kind: 'prometheus', answerer, clock });
    const options = source.options.parse({ query: 'q' });
    const readings = await source.read(options, backend, new AbortController().signal);
    expect(readings.get('backend')?.at).toBe(at);
  });
});

describe('a ratio', () => {
  const ratio = { ratio: { bad: 'bad', total: 'total', min: 0.2 } };

  test('is bad / total of each target', async () => {
    const source = await knowing({
      bad: [of('backend', '3')],
      total: [of('backend', '4'), of('frontend', '8')],
    });
    expect(await read(source, ratio, both)).toEqual({
      backend: '0.75: 75% (3 of 4)',
      frontend: '0: 0% (0 of 8)',
    });
  });

  test('has no data without total, even if there are bad ones', async () => {
    const source = await knowing({ bad: [of('backend', '3')] });
    expect(await read(source, ratio, backend)).toEqual({ backend: 'no_data: no series of `total`' });
  });

  test('says nothing below its minimum of traffic, nor without any', async () => {
    const source = await knowing({
      bad: [of('backend', '0.1')],
      total: [of('backend', '0.1'), of('frontend', '0')],
    });
    expect(await read(source, ratio, both)).toEqual({
      backend: 'insufficient: total is 0.1, at least 0.2 needed',
      frontend: 'insufficient: total is 0, at least 0.2 needed',
    });
    const without = { ratio: { bad: 'bad', total: 'total' } };
    expect(await read(source, without, both)).toMatchObject({
      frontend: 'insufficient: total is 0, at least 0 needed',
    });
  });

  test('is unknown where one half of it is', async () => {
    const total = [of('backend', '4')];
    const nan = await knowing({ bad: [of('backend', 'NaN')], total });
    expect(await read(nan, ratio, backend)).toEqual({ backend: 'no_data: the value is NaN' });
    const infinite = await knowing({ total: [of('backend', '+Inf')] });
    expect(await read(infinite, ratio, backend)).toEqual({ backend: 'no_data: the value is Infinity' });
    const double = await knowing({ bad: [of('backend', '1'), of('backend', '1')], total });
    expect(await read(double, ratio, backend)).toMatchObject({
      backend: expect.stringMatching(/^error: several/),
    });
  });
});

describe('freshness', () => {
  const fresh = { query: 'q', fresh: 'up{job="shop"}', max_age: '30s' };
  const ages = 'time() - timestamp(up{job="shop"})';
  const q = [of('backend', '1'), of('frontend', '1')];

  test('young samples of a target let its readings through, old or missing ones do not', async () => {
    const source = await knowing({
      q,
      [ages]: [of('backend', '29'), of('backend', '90'), of('stranger', '1')],
    });
    expect(await read(source, fresh, both)).toEqual({
      backend: '1: 1',
      frontend: 'no_data: no sample of up{job="shop"}',
    });
    const old = await knowing({ q, [ages]: [of('backend', '31')] });
    expect(await read(old, fresh, backend)).toEqual({
      backend: 'no_data: samples of up{job="shop"} are 31s old, at most 30s allowed',
    });
  });

  test('samples without the labels of targets count for all of them', async () => {
    const source = await knowing({ q, [ages]: [[{ instance: 'a:1' }, '10']] });
    expect(await read(source, fresh, both)).toEqual({ backend: '1: 1', frontend: '1: 1' });
  });

  test('goes before `on_empty: ok`: what is stale is not ok', async () => {
    const source = await knowing({});
    expect(await read(source, { ...fresh, on_empty: 'ok' }, backend)).toEqual({
      backend: 'no_data: no sample of up{job="shop"}',
    });
  });

  test('is asked in the same tick as the query', async () => {
    const asked: string[] = [];
    const source = await against(async (request, response) => {
      asked.push(new URLSearchParams(await bodyOf(request)).get('query') ?? '');
      // Nobody is answered before both have asked.
      while (asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
      response.end('{"status":"success","data":{"resultType":"vector","result":[]}}');
    });
    await read(source, fresh, backend);
    expect(asked.sort()).toEqual(['q', ages]);
  });
});

describe('blindness: never a breach, never ok', () => {
  const unknown = /^(no_data|error): /;
  const success = (data: object, more: object = {}): string =>
    JSON.stringify({ status: 'success', data, ...more });
  const value = (text: string): string =>
    success({ resultType: 'vector', result: [{ metric: { service: 'backend' }, value: [1, text] }] });
  const saying =
    (status: number, body: string, headers = {}): Handler =>
    (_, response) =>
      void response.writeHead(status, headers).end(body);

  const rows: readonly (readonly [name: string, handler: Handler, reading: RegExp])[] = [
    ['500', saying(500, 'oops'), /^error: POST .* answered 500: oops$/],
    ['422', saying(422, '{"status":"error","error":"bad join"}'), /^error: .* answered 422: bad join$/],
    ['401', saying(401, ''), /^error: .* answered 401: not allowed; check the headers of prometheus$/],
    ['a redirect', saying(302, '', { location: '/login' }), /^error: .* answered 302: a redirect/],
    ['slow', () => {}, /^error: .* no complete answer in time \(after 300ms\)$/],
    ['NaN', saying(200, value('NaN')), /^no_data: the value is NaN$/],
    ['+Inf', saying(200, value('+Inf')), /^no_data: the value is Infinity$/],
    ['-Inf', saying(200, value('-Inf')), /^no_data: the value is -Infinity$/],
    ['empty', saying(200, success({ resultType: 'vector', result: [] })), /^no_data: no series$/],
    [
      'warnings',
      saying(200, success({ resultType: 'vector', result: [] }, { warnings: ['store x is down'] })),
      /^error: the answer came with warnings: store x is down$/,
    ],
    [
      'wrong type',
      saying(200, success({ resultType: 'matrix', result: [] })),
      /^error: the query returned a matrix, expected an instant vector$/,
    ],
    [
      'several series',
      saying(
        200,
        success({
          resultType: 'vector',
          result: ['a', 'b'].map((pod) => ({ metric: { service: 'backend', pod }, value: [1, '1'] })),
        }),
      ),
      /^error: several series; aggregate to one for each target$/,
    ],
    ['cut JSON', saying(200, value('0.9').slice(0, -20)), /^error: .* answered 200 with what is not JSON/],
    [
      'a cut connection',
      (_, response) => {
        response.writeHead(200, { 'content-length': '500' }).write('{');
        setImmediate(() => response.socket?.destroy());
      },
      /^error: .* the connection was cut/,
    ],
    [
      '50 MB of JSON',
      (_, response) => {
        const chunk = Buffer.alloc(2 ** 20, ' ');
        let left = 50;
        const write = (): void => {
          while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', write);
          response.end(value('0.9'));
        };
        write();
      },
      /^error: .* the answer is too large \(more than 5242880 bytes\)$/,
    ],
  ];

  test.each(rows)('%s', async (_, handler, reading) => {
    const answer = await read(await against(handler), { query: 'q' }, backend);
    expect(answer['backend']).toMatch(unknown);
    expect(answer['backend']).toMatch(reading);
  });

  test('refused', async () => {
    const answer = await read(await against(await nobody()), { query: 'q' }, both);
    expect(answer['backend']).toMatch(/^error: .* the connection was refused/);
    expect(answer['frontend']).toBe(answer['backend']);
  });

  test('of the freshness query alone', async () => {
    const source = await against(async (request, response) => {
      const query = new URLSearchParams(await bodyOf(request)).get('query');
      if (query === 'q') response.end(value('0.9'));
      else response.writeHead(500).end('oops');
    });
    const answer = await read(source, { query: 'q', fresh: 'up' }, backend);
    expect(answer['backend']).toMatch(/^error: .* answered 500: oops$/);
  });
});

describe('options', () => {
  const options = async (written: unknown) => {
    const source = await knowing({});
    return { source, options: source.options.parse(written) };
  };

  test('know their unit, and how far they look back', async () => {
    const query = await options({ query: 'rate(x[5m])' });
    expect(query.source.windowMs(query.options)).toBe(5 * MINUTE);
    expect(query.source.unit(query.options)).toBe('number');
    const ratio = await options({ ratio: { bad: 'rate(b[1m])', total: 'rate(t[2m])' } });
    expect(ratio.source.windowMs(ratio.options)).toBe(2 * MINUTE);
    expect(ratio.source.unit(ratio.options)).toBe('ratio');
  });

  test('that are wrong are refused with what to write instead', async () => {
    const source = await knowing({});
    expect(objections(source, {})).toEqual([': expected either query or ratio']);
    expect(objections(source, { query: 'q', ratio: { bad: 'b', total: 't' } })).toEqual([
      ': expected either query or ratio',
    ]);
    expect(objections(source, { query: 'q', max_age: '5m' })).toEqual([
      'max_age: max_age needs fresh: a selector whose samples have an age',
    ]);
    expect(objections(source, { ratio: { bad: 'b', total: 't' }, on_empty: 'ok' })).toEqual([
      'on_empty: on_empty belongs to query: an absent `bad` of a ratio is 0 anyway',
    ]);
    expect(objections(source, { query: 'up{job="${target.name}"}' })).toEqual([
      'query: templates are not filled in inside of PromQL; aggregate by the labels of the targets instead',
    ]);
    expect(objections(source, { query: 'q', fresh: 'up', max_age: 'soon' })).toEqual([
      'max_age: expected a duration such as 90s, 5m or 1h30m, got soon',
    ]);
    expect(objections(source, { query: 'q', fresh: 'up', max_age: '2h' })).toEqual([
      'max_age: expected 1s to 1h, got 2h',
    ]);
    expect(objections(source, { qurey: 'q' })).not.toEqual([]);
  });
});
