import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { freePort, untilReady } from './programs.ts';
import { measured, type Measure } from './samples.ts';

const prometheus = '/usr/bin/prometheus';
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const minute = 60_000;
const rules = 50;

/**
 * A backtest of 50 rules over 30 days at a minute: asked of a local Prometheus whose blocks promtool made, nothing kept
 * and nothing known beforehand, and read from the recording of that. Half of the rules are ratios of rates, half are
 * gauges; every rule checks freshness, has two levels, and breaches now and then.
 */
export const backtest: Benchmark = {
  name: 'backtest',
  summary: '30 days × 50 rules at 1 m, from a local Prometheus and from a recording',
  missing: () => (existsSync(prometheus) ? null : 'the Debian package prometheus is not installed'),
  run: async (context) => {
    const days = context.quick ? 3 : 30;
    // Long enough ago that no sample is still to come, and on the grid of every step.
    const toMs = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    const span = { fromMs: toMs - days * 86_400_000, toMs };
    await writeBlocks(context, span);
    await using server = await serve(context.folder);
    const configuration = writeRules(context.folder, server.url);
    const recording = join(context.folder, 'past.rbh');
    const from = ['--from', new Date(span.fromMs).toISOString(), '--to', new Date(span.toMs).toISOString()];
    const ask = ['backtest', configuration, ...from, '--no-cache', '--json', '--html', '/dev/null'];
    const read = ['backtest', configuration, '--history', recording, '--json', '--html', '/dev/null'];
    const asked = await several(context, ask, 'from Prometheus');
    await run([...ask, '--record', recording]);
    const replayed = await several(context, read, 'from a recording');
    const facts = { days, rules, incidents: asked.incidents };
    if (asked.incidents === 0 || replayed.incidents !== asked.incidents)
      throw new Error(
        `${asked.incidents} incidents from Prometheus, ${replayed.incidents} from the recording`,
      );
    const what = `${days} days × ${rules} rules at 1 m`;
    return [
      ...measuresOf(`${what} from a local Prometheus`, asked, { facts, atMostS: 20 }),
      ...measuresOf(`${what} from a recording`, replayed, { facts, atMostS: 8 }),
    ];
  },
};

interface Runs {
  readonly seconds: readonly number[];
  readonly peakMiB: readonly number[];
  readonly incidents: number;
}

function measuresOf(
  measure: string,
  { seconds, peakMiB }: Runs,
  { facts, atMostS }: { readonly facts: Measure['facts'] & object; readonly atMostS: number },
): Measure[] {
  return [
    measured({ measure, unit: 's' }, seconds, { facts, target: { of: 'median', atMost: atMostS } }),
    measured({ measure: `${measure}: peak memory`, unit: 'MiB' }, peakMiB, {
      facts,
      // 300 MB.
      target: { of: 'max', atMost: 286 },
    }),
  ];
}

async function several(
  { quick, progress, signal }: BenchContext,
  args: readonly string[],
  how: string,
): Promise<Runs> {
  const [seconds, peakMiB]: [number[], number[]] = [[], []];
  let incidents = 0;
  for (let count = 0; count < (quick ? 1 : 3) && !signal.aborted; count++) {
    const one = await run(args);
    progress(
      `${how}: ${one.seconds.toFixed(1)} s, ${one.peakMiB.toFixed(0)} MiB, ${one.incidents} incidents`,
    );
    seconds.push(one.seconds);
    peakMiB.push(one.peakMiB);
    incidents = one.incidents;
  }
  return { seconds, peakMiB, incidents };
}

/** One run of the program, from its start to its end, and the most memory it held. */
async function run(
  args: readonly string[],
): Promise<{ seconds: number; peakMiB: number; incidents: number }> {
  const begun = performance.now();
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  let peakMiB = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const look = setInterval(() => (peakMiB = Math.max(peakMiB, peakOf(child.pid ?? 0))), 20);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  if (code !== 0) throw new Error(`rollbackd ${args.join(' ')} ended with ${code}`);
  const { incidents } = JSON.parse(out) as { incidents: unknown[] };
  return { seconds: (performance.now() - begun) / 1_000, peakMiB, incidents: incidents.length };
}

/** The kernel's own high-water mark of resident memory. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

async function writeBlocks(
  { folder, progress }: BenchContext,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<void> {
  const path = join(folder, 'samples.om');
  const file = createWriteStream(path);
  for (const series of allSeries()) {
    let lines = '';
    for (let at = fromMs - 10 * minute; at <= toMs; at += minute)
      lines += `${series.name} ${series.value(at)} ${at / 1_000}\n`;
    if (!file.write(`# TYPE ${series.family} ${series.type}\n${lines}`)) await once(file, 'drain');
  }
  file.end('# EOF\n');
  await once(file, 'close');
  progress('samples are written');
  mkdirSync(join(folder, 'data'));
  const importing = ['tsdb', 'create-blocks-from', '--max-block-duration=744h', 'openmetrics', '-q'];
  execFileSync('promtool', [...importing, path, join(folder, 'data')], { stdio: 'ignore', timeout: 600_000 });
  rmSync(path);
  progress('promtool has made blocks of them');
}

interface Written {
  readonly family: string;
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly value: (at: number) => number;
}

/** Requests and failures that only grow, and gauges that swing; each in trouble for half an hour every few days. */
function* allSeries(): Generator<Written> {
  yield { family: 'up', type: 'gauge', name: 'up{service="backend"}', value: () => 1 };
  for (let rule = 0; rule < rules; rule++) {
    const labels = `{service="backend",rule="${rule}"}`;
    if (rule % 2 === 0) {
      yield {
        family: `load_${rule}`,
        type: 'gauge',
        name: `load_${rule}${labels}`,
        value: (at) => levelAt(at, rule),
      };
      continue;
    }
    let [total, bad] = [0, 0];
    const grow = (at: number): void => {
      total += 6_000;
      bad += Math.round(6_000 * levelAt(at, rule));
    };
    yield counter(`requests_${rule}`, labels, (at) => (grow(at), total));
    [total, bad] = [0, 0];
    yield counter(`failures_${rule}`, labels, (at) => (grow(at), bad));
  }
}

function counter(family: string, labels: string, value: Written['value']): Written {
  return { family, type: 'counter', name: `${family}_total${labels}`, value };
}

/** 0 to 0.12 as a rule; 0.7 in trouble. */
function levelAt(at: number, rule: number): number {
  const slot = Math.floor(at / (30 * minute));
  if ((slot + rule * 5) % 211 === 0) return 0.7;
  const noise = Math.sin(at / minute + rule * 7.3) * 43_758.5453;
  return Number(
    (0.05 + 0.02 * Math.sin(at / 8_000_000 + rule) + 0.05 * (noise - Math.floor(noise))).toFixed(4),
  );
}

async function serve(folder: string): Promise<AsyncDisposable & { readonly url: string }> {
  const url = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'prometheus.yml'), '{}');
  const args = [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    '--storage.tsdb.retention.time=10y',
    `--web.listen-address=${new URL(url).host}`,
    '--log.level=error',
  ];
  const child = spawn(prometheus, args, { stdio: 'ignore' });
  await untilReady(`${url}/-/ready`);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** @returns the main file */
function writeRules(folder: string, url: string): string {
  mkdirSync(join(folder, 'pack'));
  const written = Array.from({ length: rules }, (_, rule) => ruleOf(rule)).join('');
  writeFileSync(join(folder, 'pack', 'rules.yaml'), `rules:\n${written}`);
  writeFileSync(
    join(folder, 'pack', 'playbooks.yaml'),
    'playbooks:\n  service:\n    steps:\n      - link.rollback: { to: last_good }\n',
  );
  const path = join(folder, 'rollbackd.yaml');
  writeFileSync(
    path,
    `version: 1
environment: bench
include: [pack]
store: sqlite:${folder}/rollbackd.db
halt_file: ${folder}/HALT
listen: 127.0.0.1:7390
prometheus: { url: '${url}' }
targets:
  backend: { link: /srv/current, rules: [pack], labels: { service: backend }, playbook: service }
`,
  );
  return path;
}

function ruleOf(rule: number): string {
  const rate = (family: string): string => `sum by (service) (rate(${family}_${rule}_total[5m]))`;
  const ask =
    rule % 2 === 0
      ? { query: `max by (service) (load_${rule})` }
      : { ratio: { bad: rate('failures'), total: rate('requests'), min: 0.2 } };
  return `  rule-${rule}:
    every: 1m
    prometheus: ${JSON.stringify({ ...ask, fresh: 'up' })}
    levels:
      critical: { above: 50%, for: 5m }
      medium: { above: 11%, for: 10m, do: investigate }
    recover: { below: 20%, for: 2m }
`;
}
