import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { writeShop } from '../app/backtest/shop.ts';
import { rollbackd } from '../cli/terminal.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

const rules = `rules:
  errors:
    every: 15s
    prometheus:
      ratio:
        bad: sum by (service) (rate(requests_total{status="500"}[2m]))
        total: sum by (service) (rate(requests_total[2m]))
        min: 0.2
      fresh: up
    levels:
      critical: { above: 50%, for: 5m }
    recover: { below: 20%, for: 2m }
  wrong:
    prometheus: { query: rate(requests_total) }
    levels:
      critical: { above: 1, for: 1m }
`;

// Six hours, yesterday: everything in them is settled.
const from = Math.floor(Date.now() / DAY) * DAY - DAY;
const to = from + 6 * HOUR;
const broken = { from: from + 2 * HOUR, to: from + 2.5 * HOUR };
const folder = mkdtempSync(join(tmpdir(), 'rd-backtest-'));
let prometheus: ChildProcess;
let path: string;

beforeAll(async () => {
  writeFileSync(join(folder, 'samples.om'), samples());
  mkdirSync(join(folder, 'data'));
  const importing = ['tsdb', 'create-blocks-from', 'openmetrics', '-q'];
  execFileSync('promtool', [...importing, join(folder, 'samples.om'), join(folder, 'data')], {
    stdio: 'ignore',
  });
  writeFileSync(join(folder, 'prometheus.yml'), '{}');
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
    '--log.level=error',
  ];
  prometheus = spawn('prometheus', args, { stdio: 'ignore' });
  const ready = (): Promise<boolean> =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('Prometheus is ready', ready);
  path = writeShop(rules, ['shop'], url);
}, 60 * SECOND);

afterAll(async () => {
  prometheus.kill('SIGKILL');
  await once(prometheus, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

test(
  'what a real Prometheus remembers is replayed, and what it refuses is told',
  async () => {
    const history = join(folder, 'past.rbh');
    const html = join(folder, 'page.html');
    const span = [
      '--from',
      new Date(from).toISOString(),
      '--to',
      new Date(to).toISOString(),
      '--step',
      '15s',
    ];
    const asked = await rollbackd([
      'backtest',
      path,
      ...span,
      '--cache',
      join(folder, 'cache'),
      '--record',
      history,
      '--html',
      html,
      '--json',
    ]);
    const report = JSON.parse(asked.out) as {
      incidents: Record<string, unknown>[];
      notReplayed: { rule: string; reason: string }[];
      tracks: { slots: number; coverage: number }[];
    };
    const [incident = {}] = report.incidents;

    expect(asked.err).toBe('');
    expect(report.incidents).toHaveLength(1);
    expect(incident).toMatchObject({
      target: 'shop',
      severity: 'critical',
      rule: 'shop/errors',
      decision: { action: 'rollback' },
    });
    // A rate over two minutes is above a half some time after the first failures, and the level takes five minutes.
    expect(incident['detectedAt']).toBeGreaterThan(broken.from + 5 * MINUTE);
    expect(incident['detectedAt']).toBeLessThan(broken.from + 8 * MINUTE);
    expect(report.notReplayed).toEqual([
      { rule: 'shop/wrong', reason: expect.stringContaining('expected type range vector') as string },
    ]);
    expect(report.tracks[0]?.slots).toBe(6 * 240 + 1);
    expect(report.tracks[0]?.coverage).toBeGreaterThan(0.98);
    expect(readFileSync(html, 'utf8')).toContain('shop/errors');

    const replayed = await rollbackd(['backtest', path, '--history', history, '--json']);
    expect(JSON.parse(replayed.out)).toEqual(report);
  },
  60 * SECOND,
);

/** Requests that only grow, a scrape every 15 s; half an hour in which most of them fail. */
function samples(): string {
  const lines: string[] = ['# TYPE requests counter'];
  for (const status of ['200', '500']) {
    let total = 0;
    for (let at = from - 10 * MINUTE; at <= to; at += 15 * SECOND) {
      const fails = at >= broken.from && at < broken.to;
      total += (status === '500') === fails ? 80 : 5;
      lines.push(`requests_total{service="shop",status="${status}"} ${total} ${at / SECOND}`);
    }
  }
  lines.push('# TYPE up gauge');
  for (let at = from - 10 * MINUTE; at <= to; at += 15 * SECOND)
    lines.push(`up{service="shop"} 1 ${at / SECOND}`);
  return `${lines.join('\n')}\n# EOF\n`;
}
