import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { botToken, fakeSlack, signingSecret, type FakeSlack } from '../test/fakes/slack/slack.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { writeDaemonFiles, writeHistory } from './daemon-files.ts';
import { DaemonProcess } from './daemon-process.ts';
import { FakePrometheus } from './fake-prometheus.ts';
import { measured, type Measure } from './samples.ts';

const perSecond = 200;
const targets = 200;
const rules = 50;
/** So many that nobody clicks faster than one person may. */
const people = Array.from({ length: 150 }, (_, index) => `U0BENCH${index}`);
/** So many at once make a question of each rollback. */
const broken = new Set(['service-0', 'service-1', 'service-2', 'service-3']);

/** How soon a click is durable and acknowledged while the daemon has all hands full. */
export const clicks: Benchmark = {
  name: 'clicks',
  summary: `${perSecond} signed clicks/s beside ${rules * targets} pairs: click → acknowledgement`,
  run: async (context) => {
    const services = Array.from({ length: targets }, (_, index) => `service-${index}`);
    const state = { breaching: false, readings: 0 };
    await using prometheus = await FakePrometheus.start({
      services,
      value: (query, service) => {
        if (state.breaching && query.includes('metric_0)') && broken.has(service)) return 0.9;
        // One in two hundred crosses its threshold for one reading, so that every checkpoint has something to write.
        state.readings += 1;
        return (state.readings * 7_919) % 200 === 0 ? 0.9 : 0.1;
      },
    });
    await using slack = await fakeSlack({ team: 'T0BENCH', app: 'A0BENCH', channel: 'C0BENCH' });
    for (const id of people) slack.person(id.toLowerCase(), { id });
    const { folder } = context;
    const files = writeDaemonFiles({
      folder,
      rules,
      targets,
      every: '5s',
      forDuration: '5s',
      prometheus: prometheus.url,
    });
    addSlack(folder, slack);
    await writeHistory(folder, files);
    await using daemon = new DaemonProcess(join(folder, 'rollbackd.yaml'));
    const url = await daemon.url();
    // A rule that has not read well once decides nothing.
    await pause(12_000);
    state.breaching = true;
    const tickets = await openTickets(url);
    context.progress(`${tickets.length} questions are open`);
    return [await clickAway(context, { url, slack, tickets })];
  },
};

function addSlack(folder: string, { workspace, apiUrl }: FakeSlack): void {
  const path = join(folder, 'rollbackd.yaml');
  writeFileSync(join(folder, 'bot'), botToken);
  writeFileSync(join(folder, 'signing'), signingSecret);
  const { team, channel, app: id } = workspace;
  const app = {
    id,
    team,
    channel,
    api_url: apiUrl,
    bot_token: { file: join(folder, 'bot') },
    signing_secrets: [{ file: join(folder, 'signing') }],
  };
  const main = parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  writeFileSync(path, stringify({ ...main, slack: { app }, approvers: [{ slack_users: people }] }));
}

async function openTickets(url: string): Promise<readonly string[]> {
  for (let tries = 0; tries < 600; tries++) {
    await pause(100);
    const answer = await fetch(`${url}/api/v1/incidents?open=true`);
    const rows = (await answer.json()) as { readonly id: string; readonly state: string }[];
    const asking = rows.filter(({ state }) => state === 'asking');
    if (asking.length < 2) continue;
    const views = await Promise.all(asking.map(({ id }) => fetch(`${url}/api/v1/incidents/${id}`)));
    const bodies = await Promise.all(views.map((view) => view.json()));
    return (bodies as { question: { ticket: string } }[]).map(({ question }) => question.ticket);
  }
  throw new Error('no incident came to a question');
}

interface Clicking {
  readonly url: string;
  readonly slack: FakeSlack;
  readonly tickets: readonly string[];
}

async function clickAway(
  { quick, signal, progress }: BenchContext,
  { url, slack, tickets }: Clicking,
): Promise<Measure> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const count = perSecond * (quick ? 5 : 30);
  const began = performance.now();
  const running: Promise<number>[] = [];
  for (let index = 0; index < count && !signal.aborted; index++) {
    const waitMs = began + (index * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const user = people[index % people.length] ?? '';
    const value = tickets[index % tickets.length] ?? '';
    const { body, headers } = slack.signedClick({
      user,
      action: index % 3 === 0 ? 'reject' : 'approve',
      value,
    });
    running.push(acknowledged(`${url}/slack/interactions`, { body, headers, agent }));
    if (index % (5 * perSecond) === 0) progress(`${index} of ${count} clicks`);
  }
  const times = await Promise.all(running);
  agent.destroy();
  return measured({ measure: `a click, until it is acknowledged, at ${perSecond}/s`, unit: 'ms' }, times, {
    target: { of: 'p99', atMost: 500 },
    facts: { pairs: rules * targets, seconds: count / perSecond },
  });
}

/** How long one took, ms. Rejects for any answer but 200: what is not acknowledged is no measurement. */
function acknowledged(
  url: string,
  {
    body,
    headers,
    agent,
  }: { readonly body: string; readonly headers: Readonly<Record<string, string>>; readonly agent: Agent },
): Promise<number> {
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(url, { method: 'POST', headers, agent }, (response) => {
    response.resume().on('end', () => {
      if (response.statusCode === 200) resolve(performance.now() - began);
      else reject(new Error(`a click was answered with ${response.statusCode}`));
    });
  })
    .on('error', reject)
    .end(body);
  return promise;
}
