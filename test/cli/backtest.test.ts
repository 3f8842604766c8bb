import { dirname, join } from 'node:path';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, expect, test } from 'vitest';
import { PastPrometheus } from '../backtest/past.ts';
import { shopRules, writeShop } from '../app/backtest/shop.ts';
import { inProcess } from './terminal.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const from = Date.UTC(2026, 2, 2);
const bad = (at: number): number => (at >= from + 3_600_000 && at < from + 5_400_000 ? 80 : 1);
const prometheus = new PastPrometheus({
  total: { shop: () => 100 },
  bad: { shop: bad },
  'time() - timestamp(up)': { shop: () => 1 },
  latency: { shop: () => 0.2 },
});
/** The HTTP API of Prometheus over a made-up past. */
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Buffer) => (body += part.toString()));
  request.on('end', () => {
    const form = new URLSearchParams(body);
    const ms = (name: string): number => Number(form.get(name)) * 1_000;
    const range = { fromMs: ms('start'), toMs: ms('end'), stepMs: ms('step') };
    prometheus.queryRange(form.get('query') ?? '', range).then(
      ({ series }) => {
        const result = series.map(({ labels, times, values }) => ({
          metric: labels,
          values: [...times].map((at, index) => [at / 1_000, String(values[index])]),
        }));
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
      },
      (error: Error) => {
        response.statusCode = 400;
        response.end(JSON.stringify({ status: 'error', error: `parse error: ${error.message}` }));
      },
    );
  });
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
afterAll(() => server.close());
const address = server.address();
const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
const path = writeShop(shopRules, ['shop'], url);
const times = ['--from', '2026-03-02T00:00:00Z', '--to', '2026-03-02T06:00:00Z'];

test('asks Prometheus, keeps the answers, and shows what would have been', async () => {
  const cache = temporaryFolder('cache');
  const environment = { XDG_CACHE_HOME: cache };
  const first = await inProcess(['backtest', path, ...times], environment);
  const asked = prometheus.asked.length;
  const again = await inProcess(['backtest', path, ...times], environment);

  expect(first.code).toBe(0);
  expect(first.out).toContain('not replayed: shop/lag: POST ');
  expect(first.out).toContain(
    '2026-03-02 01:00  CRITICAL shop shop/errors, detected after 5m, over after 32m\n',
  );
  expect(readdirSync(join(cache, 'rollbackd', 'backtest')).length).toBeGreaterThan(2);
  // Only what was refused is asked for again.
  expect(prometheus.asked.slice(asked).map((text) => text.split(' ')[0])).toEqual(['lag']);
  expect(again).toEqual(first);
});

test('records, replays, and compares', async () => {
  const history = join(dirname(path), 'past.rbh');
  const recorded = await inProcess(['backtest', path, ...times, '--no-cache', '--record', history, '--json']);
  const asked = prometheus.asked.length;
  const replayed = await inProcess(['backtest', path, '--history', history, '--json']);
  const same = await inProcess(['backtest', '--diff', path, path, '--history', history]);

  expect(JSON.parse(replayed.out)).toEqual(JSON.parse(recorded.out));
  expect(prometheus.asked).toHaveLength(asked);
  expect(same.out).toContain('nothing changes: the same firings at the same times, and the same decisions\n');
});

test('shows how far it is on a line of its own, where anybody sees it', async () => {
  const seen: string[] = [];
  const { runCli } = await import('../../src/cli/cli.ts');
  const { systemClock } = await import('../../src/app/clock.ts');
  await runCli({
    argv: ['backtest', path, ...times, '--no-cache'],
    environment: {},
    out: () => {},
    err: () => {},
    progress: (line) => seen.push(line),
    color: false,
    width: 100,
    clock: systemClock(),
    signal: new AbortController().signal,
    onHangup: () => {},
    whenCutShort: () => {},
  });

  expect(seen[0]).toMatch(/^asking for the past: \d+ of 5, [\d.]+m?s left$/);
  expect(seen.at(-2)).toBe('asking for the past: 5 of 5, 1s left');
  expect(seen.at(-1)).toBe('');
});

test.each([
  [['--diff', 'FILE'], 'backtest: --diff compares two: rollbackd backtest --diff OLD NEW'],
  [['FILE', 'b'], 'backtest: unexpected argument b; --diff compares two configurations'],
  [['FILE', '--git', '.'], 'backtest: --git and --range belong together: --git . --range v1.2..main'],
  [['FILE', '--step', '1500ms'], '--step: expected whole seconds, got 1.5s'],
  [
    [path, '--prometheus', 'p:9090'],
    '--prometheus: expected a URL such as http://127.0.0.1:9090, got p:9090',
  ],
  [['FILE', '--rule', 'eros'], '--rule: there is no rule eros; rollbackd check lists them'],
])('%j is wrong usage', async (args, message) => {
  const { code, err } = await inProcess(['backtest', ...args.map((arg) => (arg === 'FILE' ? path : arg))]);

  expect(err).toContain(message);
  expect(code).toBe(2);
});

test('a configuration with problems is shown as check shows it', async () => {
  const broken = join(dirname(path), 'broken.yaml');
  mkdirSync(dirname(broken), { recursive: true });
  writeFileSync(broken, readFileSync(path, 'utf8').replace('mode:', 'moode:'));
  const { code, err } = await inProcess(['backtest', broken, ...times]);

  expect(code).toBe(1);
  expect(err).toContain(`${broken} cannot be used`);
  expect(err).toContain('did you mean mode?');
});
