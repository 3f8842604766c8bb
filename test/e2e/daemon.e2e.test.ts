import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DaemonProcess, runCli } from './daemon-process.ts';
import { hurriedLayra, shipped } from './pack.ts';
import { freePort } from './ports.ts';
import { Production, type Shop } from './production.ts';
import { until } from './until.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

type Main = Record<string, unknown>;

/** Changes the main file of a configuration. */
function change(path: string, by: (main: Main) => Main): void {
  writeFileSync(path, stringify(by(parse(readFileSync(path, 'utf8')) as Main)));
}

async function evaluated({ daemon, name }: Shop): Promise<number> {
  const series = `rollbackd_verdicts_total{rule="layra/health-check",target="${name}",verdict="ok"}`;
  return (await daemon.metric(series)) ?? 0;
}

/** Prometheus itself sees more errors than the rule allows, so that the first reading of a daemon breaches. */
async function untilMostlyFails({ name }: Shop): Promise<void> {
  const requests = (matchers: string): string => `sum(rate(http_requests_total{${matchers}}[4s]))`;
  const share = `${requests(`service="${name}",status=~"5.."`)} / ${requests(`service="${name}"`)}`;
  await until('most requests fail', async () => ((await production.prometheus.value(share)) ?? 0) > 0.6);
}

test.concurrent(
  'a second daemon on the same store ends with a clear error, and the first goes on',
  async () => {
    await using shop = await production.openShop('two');
    await shop.watch();
    const port = await freePort();
    const { configPath } = shop.configure();
    const other = join(shop.folder, 'other.yaml');
    writeFileSync(other, readFileSync(configPath, 'utf8'));
    change(other, (main) => ({ ...main, listen: `127.0.0.1:${port}` }));

    const second = await DaemonProcess.fails({ configPath: other, url: `http://127.0.0.1:${port}` });
    const store = join(shop.folder, 'state', 'rollbackd.db');
    expect(second.code).toBe(1);
    expect(second.output).toBe(
      `rollbackd: Could not open the store ${store}: another rollbackd has it open (it holds ${store}.lock). ` +
        'Stop that daemon, or give this one a store of its own. [STORE_LOCKED]\n',
    );
    const before = await evaluated(shop);
    await shop.daemon.until('the first one evaluates', async () => (await evaluated(shop)) > before + 1);
  },
);

test.concurrent('a store that a newer version has written is refused and left as it is', async () => {
  await using shop = await production.openShop('newer');
  await shop.watch();
  expect(await shop.daemon.stop()).toBe(0);
  const store = join(shop.folder, 'state', 'rollbackd.db');
  const database = new DatabaseSync(store);
  database.exec(`UPDATE meta SET value = 99 WHERE key = 'schema_version'`);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  const bytes = readFileSync(store);

  const ended = await DaemonProcess.fails(shop.configure());
  expect(ended.code).toBe(1);
  expect(ended.output).toMatch(
    /^rollbackd: Could not open the store \S+: its schema is version 99, this rollbackd knows \d+\. Run the newer rollbackd again, or restore the copy made before its migration\. \[STORE_NEWER\]\n$/,
  );
  expect(readFileSync(store).equals(bytes)).toBe(true);
});

test.concurrent(
  'a broken configuration starts nothing, and every problem is told with its place',
  async () => {
    const folder = production.fileFolder('broken');
    const main = join(folder, 'rollbackd.yaml');
    writeFileSync(
      main,
      `version: 1
mode: atuo
halt_fil: /tmp/HALT
include: [layra]
store: sqlite:${join(folder, 'state', 'rollbackd.db')}
tokens:
  - { name: alice, role: approver, token: { file: /nowhere/alice } }
defaults: { bake: 10 }
targets:
  shop: { container: shop, rules: [layra], playbook: servce }
  cart: { container: shop, rules: [lyra], playbook: service }
`,
    );
    const pack = hurriedLayra();
    writeFileSync(
      join(production.fileFolder('broken', 'layra'), 'rules.yaml'),
      `rules:
  memory:
    docker: memory
    levels:
      critical: { above: .nan, for: 2m }
`,
    );
    writeFileSync(join(folder, 'layra', 'playbooks.yaml'), stringify({ playbooks: pack.playbooks }));
    copyFileSync(join(shipped, 'communication.yaml'), join(folder, 'layra', 'communication.yaml'));

    const ended = await DaemonProcess.fails({ configPath: main, url: 'http://127.0.0.1:1' });
    expect(ended.code).toBe(1);
    const lines = ended.output.replaceAll(`${folder}/`, '').trimEnd().split('\n');
    expect(lines.map((line) => line.replaceAll(/ {2,}/g, '  '))).toMatchInlineSnapshot(`
      [
        "layra/rules.yaml:5:26  rules.memory.levels.critical.above  .nan is not a finite number",
        "rollbackd.yaml:2:7  mode  expected shadow, notify, approve or auto, got "atuo", did you mean auto?",
        "rollbackd.yaml:3:1  halt_fil  unknown key, did you mean halt_file?",
        "rollbackd.yaml:7:43  tokens[0].token  the secret file /nowhere/alice cannot be read: there is no such file",
        "rollbackd.yaml:8:19  defaults.bake  expected a duration such as 90s, 5m or 1h30m, got 10",
        "rollbackd.yaml:10:11  targets.shop.container  needs docker: at the top of this file",
        "rollbackd.yaml:10:54  targets.shop.playbook  unknown playbook servce, did you mean service?",
        "rollbackd.yaml:11:11  targets.cart.container  needs docker: at the top of this file",
        "rollbackd.yaml:11:22  targets.cart.container  shop is already the container of target shop",
        "rollbackd.yaml:11:36  targets.cart.rules[0]  unknown pack lyra, did you mean layra?",
        "rollbackd.yaml:11:53  targets.cart.playbook  unknown playbook service; known: layra/service, layra/service-with-data, layra/restart, layra/stack, layra/emergency, layra/release-link, layra/repository, layra/mysql, layra/mysql-schema, layra/mongodb, layra/qdrant, layra/milvus, layra/cache, layra/cache-everything",
        "rollbackd.yaml: 11 problems; nothing was started",
      ]
    `);
    expect(existsSync(join(folder, 'state'))).toBe(false);
    const checked = await runCli(['check', main]);
    expect(checked).toMatchObject({ code: 1 });
    expect(checked.output).toContain('did you mean halt_file?');
  },
);

test.concurrent(
  'whatever a configuration file holds, a start says what is wrong, and shows no stack',
  async () => {
    const folder = production.fileFolder('odd');
    const bomb = ['a: &a [x, x]', 'b: &b [*a, *a]', 'c: &c [*b, *b]', 'd: [*c, *c, *c, *c]', ''].join('\n');
    const odd: Record<string, string | Buffer> = {
      'alias-bomb': bomb,
      'ten-megabytes': `version: 1\nenvironment: ${'x'.repeat(10_000_000)}\n`,
      binary: Buffer.from([0xff, 0xfe, 0x00, 0x01, 0x80]),
      empty: '',
      'a-list': '- version: 1\n',
      deep: `version: ${'['.repeat(10_000)}`,
      torn: 'version: 1\ntargets: { shop: {',
    };
    for (const [name, content] of Object.entries(odd)) {
      const path = join(folder, `${name}.yaml`);
      writeFileSync(path, content);
      const { code, output } = await runCli(['run', '--config', path]);
      expect(code, name).toBe(1);
      expect(output.startsWith(path), output.slice(0, 200)).toBe(true);
      expect(output, name).not.toMatch(/^\s+at |Error:/m);
      expect(output.length, name).toBeLessThan(20_000);
    }
    const missing = await runCli(['run', '--config', join(folder, 'nothing.yaml')]);
    expect(missing.code).toBe(1);
    expect(missing.output).toContain('there is no such file');
  },
);

test.concurrent(
  'after a broken reload the old configuration stays, and a metric and the status say so',
  async () => {
    await using shop = await production.openShop('reload');
    await shop.watch();
    const { configPath } = shop.configure();
    const good = readFileSync(configPath, 'utf8');
    const { digest } = (await shop.daemon.status()).configuration;
    const metrics = async (): Promise<unknown[]> => [
      await shop.daemon.metric('rollbackd_configuration_last_reload_successful'),
      await shop.daemon.metric('rollbackd_configuration_reload_failures_total'),
    ];
    expect(await metrics()).toEqual([1, 0]);

    change(configPath, (main) => ({ ...main, mode: 'atuo' }));
    shop.daemon.signal('SIGHUP');
    await shop.daemon.until('the reload failed', async () => (await metrics())[1] === 1);
    expect(await metrics()).toEqual([0, 1]);
    const { configuration, mode } = await shop.daemon.status();
    expect(configuration.lastReloadFailed).toMatch(
      /rollbackd\.yaml:\d+:\d+ {2}mode {2}.*did you mean auto\?/,
    );
    expect([configuration.digest, mode]).toEqual([digest, 'auto']);
    const before = await evaluated(shop);
    await shop.daemon.until('the old rules are at work', async () => (await evaluated(shop)) > before + 1);

    writeFileSync(configPath, good);
    change(configPath, (main) => ({ ...main, mode: 'approve' }));
    shop.daemon.signal('SIGHUP');
    await shop.daemon.until('the reload went well', async () => (await metrics())[0] === 1);
    expect(await shop.daemon.status()).toMatchObject({
      mode: 'approve',
      configuration: { lastReloadFailed: null },
    });
  },
);

test.concurrent('a changed file is taken over by itself, and a broken one told once', async () => {
  await using shop = await production.openShop('follow');
  await shop.watch();
  const { configPath } = shop.configure();
  const good = readFileSync(configPath, 'utf8');
  change(configPath, (main) => ({ ...main, mode: 'atuo' }));
  await shop.daemon.until(
    'the broken file is told',
    async () => (await shop.daemon.status()).configuration.lastReloadFailed !== null,
  );
  writeFileSync(configPath, good);
  change(configPath, (main) => ({ ...main, mode: 'approve' }));
  await shop.daemon.until('the good one is in force', async () => {
    const { mode, configuration } = await shop.daemon.status();
    return mode === 'approve' && configuration.lastReloadFailed === null;
  });
  expect(shop.daemon.said('config.refused')).toHaveLength(1);
  expect(shop.daemon.said('config.loaded')).toHaveLength(1);
});

test.concurrent(
  'SIGTERM in the middle of a step lets it end; the next start goes on from there',
  async () => {
    await using shop = await production.openShop('term');
    await shop.build(2, 'errors');
    const first = await shop.watchUntilGood();
    await shop.service.deploy(shop.image(2));
    await first.until('the container is being replaced', async () =>
      first.said('effect.started').some((line) => line.includes('docker.rollback')),
    );
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(first.lines().at(-1)).toMatchObject({ type: 'daemon.stopped', msg: 'stopped' });
    expect(first.said('rollback.ended')).toEqual([]);

    const second = await shop.watch();
    const closed = await shop.untilIncident('closed');
    expect(closed.outcome).toBe('rolled_back');
    expect(second.said('daemon.started')).toEqual(['started; 1 open incidents taken up']);
    expect(closed.effects.map(({ kind, state, recoveries }) => `${kind} ${state} ${recoveries}`)).toEqual([
      'evidence done 0',
      'docker.rollback done 0',
    ]);
  },
);

test.concurrent('a step that outlasts the grace after SIGTERM is left to the next start', async () => {
  const pack = hurriedLayra();
  pack.playbooks['service']?.steps.splice(1, 0, { wait: { for: '1m' } });
  await using shop = await production.openShop('outlast', { pack });
  await shop.build(2, 'errors');
  const first = await shop.watchUntilGood();
  await shop.service.deploy(shop.image(2));
  await first.until('the waiting has begun', async () =>
    first.said('effect.started').some((line) => line.includes('wait')),
  );
  expect(await first.stop('SIGTERM')).toBe(0);
  expect(first.lines().at(-1)).toMatchObject({
    msg: 'stopped while a step was running; the next start looks into it',
  });

  const second = await shop.watch();
  await second.until('it looks into the step', async () => second.said('effect.found').length > 0);
  expect(await shop.untilIncident('rolling_back')).toMatchObject({ outcome: null });
});

test.concurrent(
  'a rule that breaches when it is first read decides nothing until it has read ok',
  async () => {
    await using shop = await production.openShop('unarmed');
    await shop.build(2, 'well');
    await shop.service.deploy(shop.image(2));
    await shop.service.behave('errors');
    await untilMostlyFails(shop);
    const daemon = await shop.watch();
    await daemon.until(
      'it is told that the rule is not armed',
      async () => daemon.said('rule.unarmed').length > 0,
    );
    expect(await daemon.incidents()).toEqual([]);

    await shop.service.behave('well');
    await shop.untilRead();
    await shop.service.behave('errors');
    const incident = await shop.untilIncident('handed_over', 'closed', 'asking');
    expect(incident.rule).toBe('layra/api-error-rate');
  },
);

test.concurrent('the rules as they are shipped pass the check, and a daemon runs with them', async () => {
  await using shop = await production.openShop('shipped', { more: { include: [shipped] } });
  const { configPath } = shop.configure();
  const checked = await runCli(['check', configPath]);
  expect(checked).toMatchObject({ code: 0 });
  const daemon = await shop.watch();
  await daemon.until('the shipped rules read the service', async () => {
    const { rules } = await daemon.target(shop.name);
    return rules.some(({ rule, verdict }) => rule === 'layra/health-check' && verdict === 'ok');
  });
  const { rules } = await daemon.target(shop.name);
  const names = Object.keys(parse(readFileSync(join(shipped, 'rules.yaml'), 'utf8')).rules as object);
  const hosts = (await daemon.status()).hosts.map(({ rule }) => rule);
  expect([...rules.map(({ rule }) => rule), ...hosts].toSorted()).toEqual(
    names.map((name) => `layra/${name}`).toSorted(),
  );
});
