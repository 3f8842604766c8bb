import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { writeDaemonFiles, writeHistory, type DaemonFiles } from './daemon-files.ts';
import { DaemonProcess } from './daemon-process.ts';
import { FakePrometheus } from './fake-prometheus.ts';
import { measured, type Measure } from './samples.ts';

/** How soon a start sees something, and how soon it has taken up what was open. */
export const start: Benchmark = {
  name: 'start',
  summary: 'spawn → first reading with 50 rules; 1,000 open incidents resumed',
  run: async (context) => [
    ...(await firstReading(context, 'again')),
    ...(await firstReading(context, 'after installing')),
    ...(await resumption(context)),
  ],
};

/** What was compiled is kept from the second start on; the first one after an installation has to compile. */
async function firstReading(
  { folder, quick, progress, signal }: BenchContext,
  when: 'again' | 'after installing',
): Promise<Measure[]> {
  const environment: Record<string, string> = when === 'again' ? {} : { NODE_DISABLE_COMPILE_CACHE: '1' };
  const asked: number[] = [];
  const names = new Set<string>();
  const hear = (query: string): void => {
    asked.push(performance.now());
    names.add(query);
  };
  const [firsts, folded, all] = [[] as number[], [] as number[], [] as number[]];
  for (let count = 0; count < (quick ? 4 : 21) && !signal.aborted; count++) {
    const home = join(folder, `${when}-${count}`);
    asked.length = 0;
    names.clear();
    await using prometheus = await FakePrometheus.start({ services, value: () => 0.1, asked: hear });
    const { configPath } = writeDaemonFiles({ folder: home, ...fifty, targets, prometheus: prometheus.url });
    await using daemon = new DaemonProcess(configPath, environment);
    const ready = await becomesReady(await daemon.url());
    while (names.size < fifty.rules) await pause(5);
    // The first one also fills the page cache.
    if (count === 0) continue;
    firsts.push((asked[0] ?? Number.NaN) - daemon.spawnedAt);
    folded.push(ready - daemon.spawnedAt);
    all.push((asked.at(-1) ?? Number.NaN) - daemon.spawnedAt);
  }
  progress(`${firsts.length} starts, ${when}`);
  const unit = 'ms';
  const target = { of: 'median', atMost: 700 } as const;
  return [
    measured({ measure: `spawn to first reading asked for, 50 rules, ${when}`, unit }, firsts, { target }),
    measured({ measure: `spawn to first reading folded and stored, ${when}`, unit }, folded, { target }),
    measured({ measure: `spawn to the last of 50 rules read, ${when}`, unit }, all),
  ];
}

const targets = 20;
const services = Array.from({ length: targets }, (_, index) => `service-${index}`);
const fifty = { rules: 50, every: '15s', forDuration: '1m' };

/** `/readyz` says yes once an evaluation went through the loop, commit included. */
async function becomesReady(url: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${url}/readyz`);
    await answer.arrayBuffer();
    if (answer.ok) return performance.now();
    await pause(2);
  }
}

/** A daemon is killed with a thousand incidents open; each start takes up a copy of what it left. */
async function resumption({ folder, quick, progress, signal }: BenchContext): Promise<Measure[]> {
  const home = join(folder, 'open');
  const wanted = 1_000;
  const state = { breaching: false };
  const all = Array.from({ length: wanted }, (_, index) => `service-${index}`);
  await using prometheus = await FakePrometheus.start({
    services: all,
    value: () => (state.breaching ? 0.9 : 0.1),
  });
  const files = writeDaemonFiles({
    folder: home,
    rules: 1,
    targets: wanted,
    every: '1s',
    forDuration: '0s',
    prometheus: prometheus.url,
  });
  await writeHistory(home, files);
  await openIncidents(files, wanted, state);
  progress(`${wanted} incidents are open, and their daemon is killed`);
  const left = join(folder, 'left');
  cpSync(join(home, 'state'), left, { recursive: true });
  const samples: number[] = [];
  for (let count = 0; count < (quick ? 3 : 11) && !signal.aborted; count++) {
    mkdirSync(join(home, 'state'), { recursive: true });
    cpSync(left, join(home, 'state'), { recursive: true, force: true });
    const daemon = new DaemonProcess(files.configPath);
    const { at } = await daemon.line((line) => line.includes(`${wanted} open incidents taken up`));
    samples.push(at - daemon.spawnedAt);
    await daemon.end('SIGKILL');
  }
  const target = { of: 'max', atMost: 2_000 } as const;
  const measure = 'spawn to 1,000 open incidents taken up and stored';
  return [measured({ measure, unit: 'ms' }, samples, { target })];
}

async function openIncidents(
  files: DaemonFiles,
  wanted: number,
  state: { breaching: boolean },
): Promise<void> {
  const daemon = new DaemonProcess(files.configPath);
  const url = await daemon.url();
  await becomesReady(url);
  state.breaching = true;
  let open = 0;
  for (let tries = 0; tries < 120 && open < wanted; tries++) {
    await pause(500);
    const answer = await fetch(`${url}/metrics`);
    const lines = (await answer.text()).split('\n').filter((line) => line.startsWith('rollbackd_incidents{'));
    // Planning is over once people are asked: then nothing moves any more.
    open = lines
      .filter((line) => line.includes('asking'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }
  await daemon.end('SIGKILL');
  if (open < wanted) throw new Error(`only ${open} of ${wanted} incidents were opened`);
}
