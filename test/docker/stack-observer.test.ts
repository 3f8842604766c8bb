import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openCompose } from '../../src/clients/compose/compose.ts';
import { seeStack } from '../../src/detect/sources/docker-stack.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { dockerKeeper } from '../../src/releases/keeper.ts';
import { composeRollbackDriver } from '../../src/rollback/drivers/compose-rollback.ts';
import type { StackParts } from '../../src/rollback/stack/task.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { openStackObserver, openStackShop, type StackShop } from './stack-shop.ts';
import { forever, releaseOf, stepOf } from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/3/0';
const plain = (version: string, more = ''): Record<string, string> => ({
  'docker-compose.yml': `
services:
  web: { image: "stack-shop:\${TAG:-${version}}", init: true, environment: { LEVEL: "\${LEVEL:-info}" } }
${more}`,
  '.env': '',
});

describeWithDocker('stacks', () => {
  let shop: StackShop;
  beforeAll(async () => {
    shop = await openStackShop();
  });
  afterAll(async () => shop.close());
  beforeEach(async () => shop.down());

  const name = (): string => shop.target.stack!.project;
  const see = async (measure: 'running' | 'healthy'): Promise<unknown> =>
    seeStack(shop.docker, shop.target.stack!, measure, forever);
  const driver = (parts: StackParts = shop.stackParts): ReturnType<typeof composeRollbackDriver> =>
    composeRollbackDriver(parts);
  const rollback = (from: Release, to: Release): Step =>
    stepOf(driver(), shop.target, {
      from,
      to,
      options: { stop_grace: '1s', healthy_within: '5s', steady_for: '200ms' },
    });
  const apply = async (step: Step, signal = forever): Promise<EffectOutcome> =>
    driver().apply(step, opId, signal);
  const refusals = async (step: Step, parts = shop.stackParts): Promise<readonly string[]> => {
    const facts = await driver(parts).read(step, forever);
    const findings = await driver(parts).preflight(step, facts, forever);
    return findings.filter(({ level }) => level === 'refuse').map(({ message }) => message);
  };

  test('all services are one release, which stays the same however often it is looked at or scaled', async () => {
    const one = await shop.deploy(plain('1', '  db: { image: "stack-shop:2", init: true }'));
    expect(one.components).toMatchObject([{ kind: 'stack', label: 'stack-shop:1 + stack-shop:2' }]);
    expect(one.components[0]?.images).toHaveLength(2);
    await shop.person('up', '--detach', '--scale', 'web=2');
    expect((await shop.release()).id).toBe(one.id);
    await shop.person('run', '--rm', '--detach', 'web', 'sleep', '60');
    expect((await shop.release()).id).toBe(one.id);
  });

  test('a tag from the shell is recorded; other settings that the files do not say are not', async () => {
    await shop.write(plain('1'));
    await shop.person('--env-file', '.env', 'up', '--detach');
    const byTag = plain('2');
    await shop.deploy(byTag);
    await shop.write(plain('1'));
    expect((await openStackObserver(shop).look(shop.target, forever)).sealed).not.toBeNull();
    await shop.write({ ...plain('1'), '.env': 'LEVEL=debug\n' });
    const odd = releaseOf(shop.target, await openStackObserver(shop).look(shop.target, forever));
    expect(odd.sealed).toBeNull();
    const next = await shop.deploy(plain('3'));
    expect(await refusals(rollback(next, odd))).toEqual([
      `no specification was recorded for release ${odd.id}: while it ran, the files of the project did not say what ran`,
    ]);
  });

  test('running and healthy are of all containers but finished jobs', async () => {
    expect(await see('running')).toMatchObject({
      passed: false,
      detail: `there is no container of stack ${name()}`,
    });
    await shop.deploy(
      plain(
        '1',
        '  job: { image: "stack-shop:1", command: ["true"] }\n  db: { image: "stack-shop:1", init: true, healthcheck: { test: ["CMD", "true"], interval: 100ms } }',
      ),
    );
    await expect.poll(async () => see('healthy')).toMatchObject({ passed: true });
    expect(await see('running')).toMatchObject({
      passed: true,
      detail: `all 2 containers of stack ${name()} are running`,
    });
    expect(await shop.stackObserver.look(shop.target, forever)).toMatchObject({
      healthy: true,
      exited: false,
    });
    await shop.engine.cli('kill', `${name()}-web-1`);
    expect(await see('running')).toMatchObject({
      passed: false,
      detail: `stack ${name()}: ${name()}-web-1 is exited with code 137`,
    });
    expect(await see('healthy')).toMatchObject({ kind: 'unknown', why: 'no_data' });
    expect(await shop.stackObserver.look(shop.target, forever)).toMatchObject({
      healthy: false,
      exited: true,
    });
  });

  test('watching, it tells of a change of any container of the project', async () => {
    const told: string[] = [];
    const stop = new AbortController();
    const watching = shop.stackObserver.watch!([shop.target], (target) => told.push(target), stop.signal);
    await expect.poll(() => told.length).toBe(1);
    await shop.deploy(plain('1'));
    expect(told.length).toBeGreaterThan(2);
    expect(new Set(told)).toEqual(new Set([shop.target.name]));
    await shop.person('stop', '--timeout', '1');
    expect(await shop.stackObserver.look(shop.target, forever)).toMatchObject({
      exited: false,
      leaving: true,
    });
    stop.abort();
    await watching;
  });

  test('every image of a release is kept until the release is not needed', async () => {
    const keeper = dockerKeeper({ docker: shop.docker, replacedMs: 0 });
    const release = await shop.deploy(plain('1', '  db: { image: "stack-shop:2", init: true }'));
    await keeper.pin(shop.target, release, forever);
    await keeper.pin(shop.target, release, forever);
    const tags = async (): Promise<readonly string[]> =>
      (await shop.engine.cli('images', '--format', '{{.Repository}}:{{.Tag}}', 'rollbackd.pin/shop'))
        .split('\n')
        .toSorted();
    expect(await tags()).toEqual([`rollbackd.pin/shop:${release.id}`, `rollbackd.pin/shop:${release.id}.2`]);
    expect(await keeper.present(shop.target, release, forever)).toBe(true);
    const gone = {
      ...release,
      components: [{ ...release.components[0]!, images: [`sha256:${'0'.repeat(64)}`] }],
    };
    expect(await keeper.present(shop.target, gone, forever)).toBe(false);
    expect(await keeper.prune(shop.target, { releases: [], settledAt: 0 }, 0, forever)).toHaveLength(2);
    expect(await tags()).toEqual(['']);
  });

  test('services that the release does not have go, and jobs are made but not run', async () => {
    const jobs = (version: string): string =>
      `    depends_on: { migrate: { condition: service_completed_successfully } }\n  migrate: { image: "stack-shop:${version}", command: ["true"] }`;
    const block = (version: string, more = ''): Record<string, string> => ({
      'docker-compose.yml': `services:\n  web:\n    image: stack-shop:${version}\n    init: true\n${jobs(version)}\n${more}`,
    });
    const good = await shop.deploy(block('1'));
    const bad = await shop.deploy(block('2', '  extra: { image: "stack-shop:2", init: true }'));
    const step = rollback(bad, good);
    expect(driver().describe(step, await driver().read(step, forever))).toBe(
      `bring stack ${name()} to stack-shop:1 (${good.id}): migrate: stack-shop:1 instead of stack-shop:2, made but not run: it is a job · web: stack-shop:1 instead of stack-shop:2, started before the present one is stopped · extra goes: the release has none`,
    );
    expect(await apply(step)).toMatchObject({ ended: 'done' });
    expect(await shop.running()).toEqual(['migrate 1 created', 'web 1 running']);
    expect(await openStackObserver(shop).look(shop.target, forever)).toMatchObject({
      exited: false,
      healthy: null,
    });
    expect((await shop.release()).id).toBe(good.id);
    expect(await driver().undo!(step, opId, forever)).toMatchObject({
      detail: `stack ${name()} is back on ${bad.id}`,
    });
    expect((await shop.release()).id).toBe(bad.id);
  });

  test('what cannot work is refused before anything happens', async () => {
    const good = await shop.deploy(plain('1'));
    const bad = await shop.deploy(plain('2'));
    const tampered = (change: (record: { model: object; services: { web: object } }) => object): Release => {
      const record = JSON.parse(shop.vault.open(good.sealed!)) as {
        model: object;
        services: { web: object };
      };
      return { ...good, sealed: shop.vault.seal(JSON.stringify({ ...record, ...change(record) })) };
    };
    const noParse = tampered(() => ({ model: { services: { web: { ports: { a: 1 } } } } }));
    expect((await refusals(rollback(bad, noParse)))[0]).toMatch(
      new RegExp(`^docker compose, comparing project ${name()} with what runs: it ended with code \\d+: `),
    );
    const noImage = tampered(({ services }) => ({
      services: { web: { ...services.web, image: `sha256:${'1'.repeat(64)}` } },
    }));
    expect(await refusals(rollback(bad, noImage))).toEqual([
      `image stack-shop:1 (sha256:111111111111) of web is not on this engine: pull it first`,
    ]);
    const noNetwork = tampered(({ model }) => ({
      model: { ...model, networks: { default: { name: 'nowhere-net', external: true } } },
    }));
    expect(await refusals(rollback(bad, noNetwork))).toEqual([
      'network nowhere-net is gone: create it again',
    ]);
    const compose = openCompose({
      endpoint: { socket: shop.engine.socket },
      program: '/nonexistent/docker-compose',
      stateDir: shop.folder,
      clock: shop.parts.clock,
      environment: {},
    });
    expect((await refusals(rollback(bad, good), { ...shop.stackParts, compose }))[0]).toBe(
      'Docker Compose is not at /nonexistent/docker-compose, or may not be executed; install version 2 there',
    );
    await shop.deploy(plain('3'));
    const message = `stack ${name()} no longer runs release ${bad.id}: somebody changed it`;
    expect(await refusals(rollback(bad, good))).toEqual([message]);
    expect(await apply(rollback(bad, good))).toMatchObject({ detail: `${message}; nothing was changed` });
    expect(await shop.running()).toEqual(['web 3 running']);
  });

  test('cut off inside Compose, the next run finishes what it began', async () => {
    const good = await shop.deploy(
      plain('1', '  db: { image: "stack-shop:1", init: true, ports: ["127.0.0.1::80"] }'),
    );
    for (const afterMs of [120, 300]) {
      const bad = await shop.deploy(
        plain('2', '  db: { image: "stack-shop:2", init: true, ports: ["127.0.0.1::80"] }'),
      );
      const step = rollback(bad, good);
      await apply(step, AbortSignal.timeout(afterMs)).catch(() => null);
      expect(await driver().probe(step, opId, forever)).not.toBe('unknown');
      expect(await apply(step)).toMatchObject({ ended: 'done' });
      expect(await shop.running()).toEqual(['db 1 running', 'web 1 running']);
      expect(await driver().probe(step, opId, forever)).toBe('done');
    }
  });
});
