import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { httpClient } from '../../../src/clients/http.ts';
import type { IncidentRow } from '../../../src/domain/ports/store.ts';
import { MINUTE } from '../../../src/domain/time.ts';
import { alertmanagerChannel } from '../../../src/notify/alertmanager/alertmanager-channel.ts';
import { freePort } from '../../e2e/ports.ts';
import { until } from '../../e2e/until.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { aRow } from '../../fakes/daemon-views.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { aMessage, first } from '../messages.ts';
import { receiver, type Received } from '../webhook/receiver.ts';
import { memoryPosts } from './memory-posts.ts';

/** The real Alertmanager, which passes every change on to a webhook at once. */
class Alertmanager {
  readonly url: string;
  readonly #folder: string;
  #child: ChildProcess | null = null;
  #lives = 0;

  constructor(port: number, folder: string, webhook: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    const route = { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1s' };
    const receivers = [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }];
    writeFileSync(join(folder, 'alertmanager.yml'), JSON.stringify({ route, receivers }));
  }

  /** Starts it with nothing that it knew before. */
  async start(): Promise<void> {
    const storage = join(this.#folder, `life-${++this.#lives}`);
    mkdirSync(storage);
    this.#child = spawn(
      'prometheus-alertmanager',
      [
        `--config.file=${join(this.#folder, 'alertmanager.yml')}`,
        `--storage.path=${storage}`,
        `--web.listen-address=${new URL(this.url).host}`,
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    await until('Alertmanager is ready', () =>
      fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** What fires, by its labels. */
  async firing(): Promise<string[]> {
    const answer = await fetch(`${this.url}/api/v2/alerts`);
    const alerts = (await answer.json()) as { labels: Record<string, string> }[];
    return alerts.map(({ labels }) => `${labels['severity']} ${labels['target']} ${labels['incident']}`);
  }
}

test('Alertmanager knows each open incident once, also after it forgot all, and hears when it is over', async () => {
  await using hook = await receiver();
  const alertmanager = new Alertmanager(await freePort(), temporaryFolder('rd-alertmanager'), hook.url);
  await alertmanager.start();
  try {
    const open: IncidentRow[] = [];
    // Real time, but in the past: what ends has ended already.
    const clock = new SimulatedClock(Date.now() - 10 * MINUTE);
    const channel = alertmanagerChannel({
      alertmanager: { url: alertmanager.url, labels: { team: 'shop' } },
      environment: 'production',
      page: () => null,
      http: httpClient({ clock }),
      clock,
      log: new RecordedLog(),
      store: memoryPosts(),
      openIncidents: async () => open,
      isSilenced: () => false,
    });
    const row = aRow({ severity: 'high', openedAt: clock.now() });
    const tell = (incident: IncidentRow): Promise<void> =>
      channel.send(
        [aMessage({ story: { type: 'decided', message: 'said', facts: {}, incident } })],
        first,
        new AbortController().signal,
      );

    await tell(row);
    await fires(alertmanager, ['high backend i-7k3f9a']);
    await tell({ ...row, severity: 'critical' });
    await fires(alertmanager, ['critical backend i-7k3f9a']);
    await until('the former severity is over', async () => said(hook.received).includes('resolved high'));

    await alertmanager.stop();
    await alertmanager.start();
    expect(await alertmanager.firing()).toEqual([]);
    open.push({ ...row, severity: 'critical' });
    const stop = new AbortController();
    const running = channel.run?.(stop.signal);
    await clock.advance(1 * MINUTE);
    await fires(alertmanager, ['critical backend i-7k3f9a']);
    stop.abort();
    await running;

    await tell({ ...row, severity: 'critical', state: 'closed', closedAt: clock.now() });
    await fires(alertmanager, []);
    await until('the end is told on', async () => said(hook.received).at(-1) === 'resolved critical');
    expect(said(hook.received).filter((line) => line.endsWith('high'))).toEqual([
      'firing high',
      'resolved high',
    ]);
  } finally {
    await alertmanager.stop();
  }
});

async function fires(alertmanager: Alertmanager, expected: readonly string[]): Promise<void> {
  await until(`it fires ${expected.join(', ')}`, async () => {
    const firing = await alertmanager.firing();
    return JSON.stringify(firing) === JSON.stringify(expected);
  });
}

function said(received: readonly Received[]): string[] {
  return received.flatMap(({ body }) =>
    (JSON.parse(body) as { alerts: { status: string; labels: { severity: string } }[] }).alerts.map(
      ({ status, labels }) => `${status} ${labels.severity}`,
    ),
  );
}
