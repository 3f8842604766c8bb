import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { slackServer } from '../notify/slack-server.ts';
import { Canaries } from './canaries.ts';
import { runCli } from './daemon-process.ts';
import { hurriedLayra } from './pack.ts';
import { Production, type Shop } from './production.ts';

const secrets = {
  'variable of the container': 'canary-1-variable-5b1e9c',
  'token of alice': 'canary-2-alice-77d0a2',
  'token of ci': 'canary-3-ci-e41f88',
  webhook: 'canary-webhook',
  'header to Prometheus': 'canary-4-prometheus-0c9d3e',
  'header of a probe': 'canary-5-probe-93ab17',
  'token of a stranger': 'canary-6-stranger-2fe650',
};
const canaries = new Canaries(secrets);

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** Stands before Prometheus and before the service: keeps the headers that it was sent. */
class Recorder {
  readonly headers: string[] = [];
  refuses = false;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(url: string): Promise<Recorder> {
    const server = createServer((asked, answer) => {
      recorder.headers.push(JSON.stringify(asked.headers));
      // Servers that quote what they were sent are the reason why errors are not passed on as they come.
      if (recorder.refuses) return void answer.writeHead(500).end(JSON.stringify(asked.headers));
      const onward = request(
        `${url}${asked.url}`,
        { method: asked.method, headers: asked.headers },
        (reply) => {
          answer.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(answer);
        },
      );
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    const recorder = new Recorder(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return recorder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

test('no secret of the configuration or of a container can be read anywhere', async () => {
  const keys = join(production.folder, 'keys');
  mkdirSync(keys);
  const file = (name: string, content: string): { file: string } => {
    writeFileSync(join(keys, name), `${content}\n`);
    return { file: join(keys, name) };
  };
  await using slack = await slackServer();
  using prometheus = await Recorder.before(production.prometheus.url);
  const pack = hurriedLayra();
  const probe = pack.rules['health-check']?.http;
  if (probe !== undefined) probe.headers = { authorization: { env: 'PROBE_HEADER' } };
  await using shop = await production.openShop('secrets', {
    settings: [`--env=PASSWORD=${secrets['variable of the container']}`],
    pack,
    more: {
      prometheus: {
        url: prometheus.url,
        headers: { 'x-scope': file('scope', secrets['header to Prometheus']) },
      },
      slack: { webhook: file('webhook', slack.url) },
      tokens: [
        { name: 'alice', role: 'admin', token: file('alice', secrets['token of alice']) },
        { name: 'ci', role: 'operator', token: { env: 'CI_TOKEN' } },
      ],
    },
    environment: {
      CI_TOKEN: secrets['token of ci'],
      PROBE_HEADER: secrets['header of a probe'],
      ROLLBACKD_LOG_LEVEL: 'debug',
    },
    token: join(keys, 'alice'),
  });
  await shop.build(2, 'errors');
  const daemon = await shop.watchUntilGood();
  const found = new Set<string>();
  const look = setInterval(() => canaries.inArguments(daemon.pid).forEach((each) => found.add(each)), 50);
  slack.reactions.push({ status: 500, body: slack.url }, 'hang up', { status: 429 });

  await shop.service.deploy(shop.image(2));
  const rolledBack = await shop.untilIncident('closed');
  prometheus.refuses = true;
  await daemon.until('Prometheus is unknown', async () => (await verdictOf(shop)) === 'error');
  clearInterval(look);

  const commands = await commandOutputs(shop, rolledBack.id);
  for (const [place, text] of Object.entries({
    ...(await answers(shop, rolledBack.id)),
    ...commands,
    'the output of the daemon': daemon.output,
    'posts to Slack': slack.texts().join('\n'),
  }))
    canaries.in(place, text).forEach((each) => found.add(each));
  canaries.inFolder(join(shop.folder, 'state')).forEach((each) => found.add(each));
  await daemon.stop();
  canaries.inFolder(join(shop.folder, 'state')).forEach((each) => found.add(each));
  canaries.in('the output of the daemon at its end', daemon.output).forEach((each) => found.add(each));
  expect([...found]).toEqual([]);

  // All of them were in use, and each place holds something.
  expect(rolledBack.outcome).toBe('rolled_back');
  expect(await production.docker.cli('inspect', shop.name)).toContain(secrets['variable of the container']);
  expect(rolledBack.evidence['logs']).toContain('"PASSWORD":"[hidden]"');
  expect(prometheus.headers.at(-1)).toContain(secrets['header to Prometheus']);
  expect(slack.posts.length).toBeGreaterThan(2);
  expect(commands['approve by a stranger']).toMatch(/wants a valid token/);
  expect(readdirSync(join(shop.folder, 'state'))).toContain('rollbackd.db');
  expect(readFileSync(join(shop.folder, 'state', 'rollbackd.db')).length).toBeGreaterThan(10_000);
}, 90_000);

async function verdictOf({ daemon, name }: Shop): Promise<string | undefined> {
  return (await daemon.target(name)).rules.find(({ rule }) => rule === 'layra/api-error-rate')?.verdict;
}

/** Everything that can be read over the API, also without a right to. */
async function answers({ daemon, name }: Shop, incident: string): Promise<Record<string, string>> {
  const paths = [
    '/metrics',
    '/healthz',
    '/readyz',
    '/api/v1/status',
    '/api/v1/doctor',
    '/api/v1/rto',
    '/api/v1/journal/verify',
    '/api/v1/incidents',
    `/api/v1/incidents/${incident}`,
    `/api/v1/targets/${name}/plan`,
    `/api/v1/targets/${name}/releases`,
    `/api/v1/targets/${name}/gate`,
    `/api/v1/nothing/here`,
  ];
  const read = await Promise.all(paths.map(async (path) => [path, await daemon.text(path)] as const));
  const stranger = await fetch(`${daemon.url}/api/v1/status`, {
    headers: { authorization: `Bearer ${secrets['token of a stranger']}` },
  });
  return { ...Object.fromEntries(read), 'an answer to a stranger': await stranger.text() };
}

/** What commands print, those that fail included. */
async function commandOutputs(shop: Shop, incident: string): Promise<Record<string, string>> {
  const { daemon, folder } = shop;
  const strange = join(production.folder, 'keys', 'stranger');
  writeFileSync(strange, secrets['token of a stranger']);
  const stranger = { ROLLBACKD_TOKEN_FILE: strange };
  writeFileSync(
    join(folder, 'broken.yaml'),
    `version: 1\ntokens:\n  - { name: alice, role: admin, token: ${secrets['token of alice']} }\nslack: { webhook: ${secrets.webhook} }\n`,
  );
  const ran = {
    show: await daemon.cli('show', incident),
    status: await daemon.cli('status', '--json'),
    plan: await daemon.cli('plan', shop.name),
    'approve by a stranger': await daemon.cliAs(stranger, 'approve', incident),
    'check of a broken configuration': await runCli(['check', join(folder, 'broken.yaml')]),
    'check of a variable that is not set': await runCli(['check', join(folder, 'rollbackd.yaml')]),
  };
  return Object.fromEntries(Object.entries(ran).map(([name, { output }]) => [name, output]));
}
