import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startApp } from '../../src/app/app.ts';
import { systemClock } from '../../src/app/clock.ts';
import { load } from '../../src/app/load.ts';
import { systemLog } from '../../src/app/log.ts';
import { nobody, serving } from '../clients/loopback.ts';

/** A shop that serves a page of metrics and is watched by the daemon through it alone. */
async function shop({ more = '', rule = 'scrape: { query: sum by (service) (errors) }' } = {}) {
  const page = { status: 200, body: 'errors{zone="a"} 0\nerrors{zone="b"} 1\n' };
  const { url } = await serving((_, response) => response.writeHead(page.status).end(page.body));
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-scraping-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'rollbackd.yaml');
  const configure = (lines: string): void =>
    writeFileSync(
      path,
      `version: 1
store: sqlite:state/rollbackd.db
listen: 127.0.0.1:0
include: [pack]
reload: { watch: false }
targets: { shop: { link: ${folder}/current, rules: [pack], playbook: pause, metrics: '${url}/metrics' } }
${lines}`,
    );
  mkdirSync(join(folder, 'pack'));
  configure(`scrape: { every: 100ms }\n${more}`);
  writeFileSync(
    join(folder, 'pack/playbooks.yaml'),
    'playbooks: { pause: { steps: [{ wait: { for: 1s } }] } }\n',
  );
  writeFileSync(
    join(folder, 'pack/rules.yaml'),
    `rules: { errors: { every: 100ms, ${rule}, levels: { critical: { above: 5, for: 200ms, do: investigate } } } }\n`,
  );
  const clock = systemClock();
  const loaded = await load(path, { clock, environment: {} });
  if (!loaded.ok) throw new Error(loaded.problems[0]?.message);
  const { configuration } = loaded;
  const journal: string[] = [];
  const app = await startApp({
    clock,
    environment: {},
    configuration,
    path,
    version: '0.0.0-test',
    log: systemLog({ clock, configuration, level: 'error', write: () => {} }),
    onEntry: ({ type, message }) => void journal.push(`${type}: ${message}`),
    onFatal: (error) => void journal.push(`fatal: ${String(error)}`),
  });
  onTestFinished(async () => void (await app.stop(0)));
  return {
    page,
    url,
    journal,
    configure,
    app,
    reading: async () => {
      const [errors] = (await app.daemon.status()).targets[0]?.rules ?? [];
      return `${errors?.verdict}: ${errors?.detail}`;
    },
  };
}

test('a fault that a page shows becomes an incident; a page that fails ends nothing and breaches nothing', async () => {
  const { page, url, app, journal, reading } = await shop();
  await expect.poll(reading).toBe('ok: 1');

  page.body = 'errors{zone="a"} 2\nerrors{zone="b"} 7\n';
  await expect
    .poll(() => journal.find((entry) => entry.startsWith('incident.opened')))
    .toMatch(/^incident\.opened: CRITICAL on shop: pack\/errors: 9, above 5 for 200ms, since /);

  page.status = 503;
  await expect.poll(reading).toBe('no_data: no series');
  const { scrape } = await app.daemon.status();
  expect(scrape.pages).toMatchObject([
    {
      name: 'shop',
      url: `${url}/metrics`,
      last: { samples: 0, problem: `GET ${url}/metrics answered 503, expected 200` },
    },
  ]);
  expect(await app.daemon.incidents({ limit: 9, open: true })).toHaveLength(1);
  expect(await app.daemon.metrics()).toMatch(/^rollbackd_scrape_failures_total\{page="shop"\} [1-9]/m);
});

test('while prometheus does not answer, scraped pages do: reading, journal, status and metric say so', async () => {
  const prometheus = await nobody();
  const { app, journal, reading } = await shop({
    more: `prometheus: { url: '${prometheus}', fallback: scrape }\n`,
    rule: 'prometheus: { query: sum by (service) (errors) }',
  });
  const refused = `POST ${prometheus}/api/v1/query: the connection was refused (ECONNREFUSED)`;
  await expect.poll(reading).toBe(`ok: 1 (by scrape, prometheus does not answer: ${refused})`);
  expect(journal.filter((entry) => entry.startsWith('fallback.'))).toEqual([
    `fallback.took_over: prometheus does not answer, so scraped pages are asked in its stead: ${refused}`,
  ]);
  const { scrape } = await app.daemon.status();
  expect(scrape.insteadOf).toMatchObject({ source: 'prometheus', detail: refused });
  expect(await app.daemon.metrics()).toMatch(/^rollbackd_fallback_active 1$/m);
});

test('a reload takes pages up and lets them go; how much is kept needs a restart', async () => {
  const { app, url, configure, reading } = await shop();
  await expect.poll(reading).toBe('ok: 1');
  configure(
    `scrape: { every: 100ms, pages: { other: { url: '${url}/other', labels: { service: other } } } }`,
  );
  expect(await app.reload()).toMatchObject({ accepted: true });
  await expect
    .poll(async () => (await app.daemon.status()).scrape.pages.map(({ name, last }) => [name, last?.samples]))
    .toEqual([
      ['other', 2],
      ['shop', 2],
    ]);
  configure('scrape: { every: 100ms, retention: 2h }');
  expect((await app.reload()).message).toContain(
    'scrape.retention or scrape.max_series changed, which needs a restart of the daemon',
  );
});

test('doctor reads each page once, and says what is wrong with it', async () => {
  const { app, page } = await shop();
  const looked = async (): Promise<unknown> =>
    (await app.daemon.doctor()).checks.find(({ name }) => name === 'scrape shop');
  expect(await looked()).toEqual({ name: 'scrape shop', ok: true, detail: '2 samples as text, 38B' });
  page.body = 'errors 1\nerrors{\n';
  expect(await looked()).toEqual({
    name: 'scrape shop',
    ok: false,
    detail: 'line 2, column 7: the brace is never closed',
  });
});
