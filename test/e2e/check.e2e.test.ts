import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { rollbackd } from '../cli/terminal.ts';
import { playbooks } from '../lint/linting.ts';
import { Prometheus } from './prometheus.ts';
import { until } from './until.ts';

const page = `# TYPE orders_total counter
orders_total{kind="web"} 7
# TYPE open_orders gauge
open_orders{shard="1"} 5
open_orders{shard="2"} 6
`;

const rules = `rules:
  orders:
    prometheus: { query: 'sum by (service) (rate(orders_total[1m]))', fresh: up }
    levels: { critical: { above: 5, for: 1m } }
  typing:
    prometheus: { query: 'sum by (service) (rate(oders_total[1m]))', fresh: up }
    levels: { critical: { above: 5, for: 1m } }
  value:
    prometheus: { query: 'sum by (service) (increase(orders_total{kind="wob"}[1m]))', fresh: up }
    levels: { critical: { above: 6, for: 1m } }
  type:
    prometheus: { query: 'sum by (service) (rate(open_orders[1m]))', fresh: up }
    levels: { critical: { above: 5, for: 1m } }
  shards:
    prometheus: { query: open_orders, fresh: up }
    levels: { critical: { above: 100, for: 1m } }
  many:
    prometheus: { query: 'sum by (service) (open_orders)', fresh: up }
    levels: { critical: { above: 10, for: 1m } }
`;

test('check --online says what a real Prometheus knows better than the rules', async () => {
  const service = createServer((_, response) => response.end(page));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void service.close());
  const prometheus = await Prometheus.start({ cart: (service.address() as AddressInfo).port });
  onTestFinished(() => prometheus.stop());
  await until('orders are scraped twice', async () => {
    const samples = await prometheus.value('sum(count_over_time(orders_total[1m]))');
    return samples !== null && samples > 1;
  });
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-online-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = {
    'rollbackd.yaml': `version: 1
include: [shop]
prometheus: { url: '${prometheus.url}' }
docker: { socket: /var/run/docker.sock }
targets:
  cart: { container: cart, rules: [shop], playbook: service }
`,
    'shop/rules.yaml': rules,
    'shop/playbooks.yaml': playbooks,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }

  const { code, out } = await rollbackd(['check', join(folder, 'rollbackd.yaml'), '--online', '--json']);

  const { problems, findings } = JSON.parse(out) as {
    problems: unknown;
    findings: { code: string; line: number; message: string }[];
  };
  expect(problems).toEqual([]);
  const online = findings.filter((finding) => finding.code.startsWith('online/'));
  expect(online.map((finding) => `${finding.line} ${finding.code}: ${finding.message}`).toSorted()).toEqual([
    '12 online/metric-type: rate() over open_orders, which its exporter calls a gauge',
    '15 online/several-series: query returns several series now for cart',
    '19 online/breaching: critical (above 10) holds now for cart',
    '6 online/no-reading: query returns nothing now for cart (0 series in all)',
    '6 online/no-series: oders_total does not exist, and did not in the last 7d',
    '9 online/no-label-value: orders_total with kind="wob" does not exist, and did not in the last 7d',
    '9 online/no-reading: query returns nothing now for cart (0 series in all)',
  ]);
  expect(code).toBe(1);
});
