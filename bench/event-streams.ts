import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { writeDaemonFiles, writeHistory } from './daemon-files.ts';
import { DaemonProcess } from './daemon-process.ts';
import { FakePrometheus } from './fake-prometheus.ts';
import { measured, type Measure } from './samples.ts';

const clients = 200;
/** So many targets at once make a question of each rollback: the incidents stay open while people write into them. */
const targets = 4;
/** As often as the API lets one caller act. */
const everyMs = 220;

/** How soon each of many clients hears of what happens to one incident, and what that costs the daemon. */
export const eventStreams: Benchmark = {
  name: 'event-streams',
  summary: `${clients} event streams on one incident: journal entry → each client; CPU of the daemon`,
  run: async (context) => {
    const services = Array.from({ length: targets }, (_, index) => `service-${index}`);
    const state = { breaching: false };
    await using prometheus = await FakePrometheus.start({
      services,
      value: () => (state.breaching ? 0.9 : 0.1),
    });
    const files = writeDaemonFiles({
      folder: context.folder,
      rules: 1,
      targets,
      every: '1s',
      forDuration: '0s',
      prometheus: prometheus.url,
    });
    await writeHistory(context.folder, files);
    await using daemon = new DaemonProcess(join(context.folder, 'rollbackd.yaml'));
    const url = await daemon.url();
    // A rule that has not read well once decides nothing.
    await pause(3_000);
    state.breaching = true;
    const incident = await askingIncident(url);
    return await follow(context, daemon, url, incident);
  },
};

async function askingIncident(url: string): Promise<string> {
  for (let tries = 0; tries < 300; tries++) {
    await pause(100);
    const answer = await fetch(`${url}/api/v1/incidents?open=true`);
    const rows = (await answer.json()) as { readonly id: string; readonly state: string }[];
    const asking = rows.find(({ state }) => state === 'asking');
    if (asking !== undefined) return asking.id;
  }
  throw new Error('no incident came to a question');
}

async function follow(
  { quick, progress, signal }: BenchContext,
  daemon: DaemonProcess,
  url: string,
  incident: string,
): Promise<Measure[]> {
  const delays: number[] = [];
  const heard = new Map<number, number>();
  const hear = (seq: number, at: number): void => {
    delays.push(performance.timeOrigin + performance.now() - at);
    heard.set(seq, (heard.get(seq) ?? 0) + 1);
  };
  const streams = await Promise.all(Array.from({ length: clients }, () => open(url, incident, hear)));
  progress(`${clients} streams are open on ${incident}`);
  await pause(2_000);
  const [cpuBefore, before] = [daemon.cpuSeconds(), performance.now()];
  const forMs = quick ? 10_000 : 60_000;
  let acts = 0;
  while (performance.now() - before < forMs && !signal.aborted) {
    await act(url, incident, ++acts);
    await pause(Math.max(0, acts * everyMs - (performance.now() - before)));
  }
  await pause(1_000);
  const seconds = (performance.now() - before) / 1_000;
  const cpu = ((daemon.cpuSeconds() - cpuBefore) / seconds) * 100;
  for (const stream of streams) stream.destroy();
  const missed = [...heard.values()].filter((times) => times !== clients).length;
  if (missed > 0) throw new Error(`${missed} entries did not reach each of ${clients} clients exactly once`);
  const facts = { clients, entries: heard.size, seconds: Math.round(seconds) };
  const late = { of: 'max', atMost: 1_000 } as const;
  return [
    measured({ measure: `journal entry to each of ${clients} clients`, unit: 'ms' }, delays, {
      target: late,
      facts,
    }),
    measured({ measure: `daemon with ${clients} event streams`, unit: 'percent of one core' }, [cpu], {
      target: { of: 'max', atMost: 50 },
      facts,
    }),
  ];
}

async function open(
  url: string,
  incident: string,
  hear: (seq: number, at: number) => void,
): Promise<{ destroy(): void }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ destroy(): void }>();
  const outgoing = request(`${url}/api/v1/events?incident=${incident}`, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const { seq, at } = JSON.parse(data) as { readonly seq: number; readonly at: number };
        hear(seq, at);
      }
      resolve(outgoing);
    });
    response.on('error', () => {});
  });
  outgoing.on('error', reject);
  outgoing.end();
  return promise;
}

async function act(url: string, incident: string, count: number): Promise<void> {
  const answer = await fetch(`${url}/api/v1/commands/ack`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ incident, note: `note ${count}` }),
  });
  if (!answer.ok) throw new Error(`POST commands/ack answered ${answer.status}: ${await answer.text()}`);
}
