import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Compose } from '../../src/clients/compose/compose.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { composeRollbackDriver } from '../../src/rollback/drivers/compose-rollback.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { openStackObserver, openStackShop, type StackShop } from './stack-shop.ts';
import { readMembers } from '../../src/rollback/stack/stand.ts';
import { mkdir, rm } from 'node:fs/promises';
import { cutOffEverywhere, forever, releaseOf, stepOf } from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/1/0';
const secret = 'canary-81be02-password';

/** Web publishes a port and waits for the worker, which waits for the database. */
function project(version: string, more = ''): string {
  return `
services:
  db:
    image: stack-shop:1
    init: true
    volumes: [data:/data]
  worker:
    image: stack-shop:${version}
    init: true
    environment: { QUEUE: "a$$b" }
    healthcheck: { test: ["CMD", "true"], interval: 100ms }
    depends_on: [db]
  web:
    image: stack-shop:${version}
    init: true
    env_file: [web.env]
    ports: ["127.0.0.1::80"]
    healthcheck: { test: ["CMD", "true"], interval: 100ms }
    depends_on: { worker: { condition: service_healthy } }
${more}
volumes: { data: {} }
`;
}

describeWithDocker('compose.rollback', () => {
  let shop: StackShop;
  let good: Release;
  let bad: Release;

  beforeAll(async () => {
    shop = await openStackShop();
  });
  afterAll(async () => shop.close());
  beforeEach(async () => shop.down());

  const files = (version: string, more = ''): Record<string, string> => ({
    'docker-compose.yml': project(version, more),
    '.env': `UNUSED=1\n`,
    'web.env': `PASSWORD=${secret}\nLEVEL=${version === '1' ? 'info' : 'debug'}\n`,
  });
  const name = (): string => shop.target.stack!.project;
  const driver = (): ReturnType<typeof composeRollbackDriver> => composeRollbackDriver(shop.stackParts);
  const rollback = (options: Record<string, unknown> = {}): Step =>
    stepOf(driver(), shop.target, {
      from: bad,
      to: good,
      options: { stop_grace: '1s', healthy_within: '5s', steady_for: '200ms', ...options },
    });
  const apply = async (step: Step): Promise<EffectOutcome> => driver().apply(step, opId, forever);

  /** Starts of the containers of each service, in the order in which they happened. */
  const started = async (...services: readonly string[]): Promise<readonly string[]> => {
    const members = await readMembers(shop.docker, shop.target.stack!, forever);
    return members
      .filter(({ service }) => services.includes(service))
      .toSorted((a, b) => (a.container.startedAt < b.container.startedAt ? -1 : 1))
      .map(({ service }) => service);
  };
  const idOf = async (...services: readonly string[]): Promise<string> =>
    shop.person('ps', '--all', '--quiet', ...services);

  test('all services come back as they were recorded, whatever the files say by then', async () => {
    good = await shop.deploy(files('1'));
    bad = await shop.deploy(files('2'));
    const database = await idOf('db');
    const step = rollback();
    const facts = await driver().read(step, forever);
    expect(driver().describe(step, facts)).toBe(
      `bring stack ${name()} to stack-shop:1 (${good.id}): worker: stack-shop:1 instead of stack-shop:2, started before the present one is stopped · web: stack-shop:1 instead of stack-shop:2, once the present one is stopped, because it publishes ports; env LEVEL changed`,
    );
    expect(await driver().preflight(step, facts, forever)).toEqual([
      {
        level: 'warn',
        message: `the files in ${shop.folder} say something else than release ${good.id}: bring them back, too, or the next docker compose up brings back what they say`,
      },
    ]);
    expect(await driver().probe(step, opId, forever)).toBe('not_done');

    expect(await apply(step)).toEqual({
      ended: 'done',
      detail: `stack ${name()} runs release ${good.id}: worker, web replaced`,
    });

    expect(await shop.running()).toEqual(['db 1 running', 'web 1 running', 'worker 1 running']);
    expect(await shop.release()).toMatchObject({ id: good.id });
    expect(await driver().probe(step, opId, forever)).toBe('done');
    expect(await idOf('db')).toBe(database);
    expect(await started('worker', 'web')).toEqual(['worker', 'web']);
    expect(await shop.person('exec', '-T', 'worker', 'sh', '-c', 'echo $QUEUE')).toBe('a$b');
    expect(await shop.person('exec', '-T', 'web', 'sh', '-c', 'echo $PASSWORD')).toBe(secret);
    expect(JSON.stringify([step, facts, driver().byHand(step)])).not.toContain('canary');
    expect(await apply(step)).toMatchObject({ ended: 'done' });
    expect(await shop.running()).toEqual(['db 1 running', 'web 1 running', 'worker 1 running']);
  });

  test('what a rollback brought back is recorded like any release, and can be gone back to again', async () => {
    good = await shop.deploy(files('1'));
    bad = await shop.deploy(files('2'));
    expect(await apply(rollback())).toMatchObject({ ended: 'done' });
    await shop.write(files('1'));
    const again = openStackObserver(shop);
    const seen = await again.look(shop.target, forever);
    expect(seen).toMatchObject({ opId, healthy: true, exited: false, leaving: false, manager: null });
    expect(releaseOf(shop.target, seen).id).toBe(good.id);
    expect(seen.sealed).not.toBeNull();
    bad = await shop.deploy(files('3'));
    good = releaseOf(shop.target, seen);
    expect(await driver().apply(rollback(), `${opId}2`, forever)).toMatchObject({ ended: 'done' });
    expect(await shop.release()).toMatchObject({ id: good.id });
  });

  test('a service that does not become healthy puts all of them back', async () => {
    const probe = `    volumes: ["./probe:/probe"]\n`;
    const watched = (version: string): Record<string, string> => ({
      ...files(version),
      'docker-compose.yml': project(version).replace(
        '["CMD", "true"], interval: 100ms }\n    depends_on: { worker',
        `["CMD", "sh", "-c", "[ ${version} = 2 ] || [ -e /probe/ok ]"], interval: 100ms }\n${probe}    depends_on: { worker`,
      ),
    });
    await mkdir(`${shop.folder}/probe`, { recursive: true });
    await shop.write({ 'probe/ok': '' });
    good = await shop.deploy(watched('1'));
    bad = await shop.deploy(watched('2'));
    await rm(`${shop.folder}/probe/ok`);
    const step = rollback({ healthy_within: '1s' });

    expect(await apply(step)).toEqual({
      ended: 'failed',
      detail: `web of release ${good.id} did not come up: it was unhealthy, not healthy, after 1s; stack ${name()} is back on ${bad.id}`,
      retryable: false,
    });
    expect(await shop.running()).toEqual(['db 1 running', 'web 2 running', 'worker 2 running']);
    expect(await shop.release()).toMatchObject({ id: bad.id });
    expect(await driver().probe(step, opId, forever)).toBe('not_done');
  });

  const simple = (version: string, more: string): string =>
    `{ image: "stack-shop:${version}", init: true, ${more} }`;

  /** What Compose is asked to bring up. */
  const overheard = (): { readonly calls: readonly string[]; readonly compose: Compose } => {
    const calls: string[] = [];
    const compose: Compose = {
      ...shop.compose,
      up: async (stack, documents, request, signal) => {
        const names = request.services.map(({ service, scale }) => `${service}=${scale}`);
        calls.push(`${request.how} ${names.join(' ')}`);
        return shop.compose.up(stack, documents, request, signal);
      },
    };
    return { calls, compose };
  };

  test('services that do not wait for each other go together, in one call of Compose each way', async () => {
    const port = `ports: ["127.0.0.1::80"]`;
    const many = (version: string): Record<string, string> => ({
      'docker-compose.yml': `
services:
  a: ${simple(version, port)}
  b: ${simple(version, port)}
  c: ${simple(version, 'depends_on: [a]')}
  d: ${simple(version, '')}
  e: ${simple(version, '')}
  f: ${simple(version, '')}
`,
    });
    good = await shop.deploy(many('1'));
    bad = await shop.deploy(many('2'));
    const { calls, compose } = overheard();
    const rollbacks = composeRollbackDriver({ ...shop.stackParts, compose });
    expect(await rollbacks.apply(rollback({ at_once: 2 }), opId, forever)).toEqual({
      ended: 'done',
      detail: `stack ${name()} runs release ${good.id}: a, b, c, d, e, f replaced`,
    });
    expect(calls).toEqual(['replace a=1 b=1', 'beside d=2 e=2', 'beside c=2 f=2']);
    expect(await shop.running()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((one) => `${one} 1 running`));
    expect(await shop.release()).toMatchObject({ id: good.id });
    expect((await started('a', 'c'))[0]).toBe('a');
  });

  test.for([
    ['with much memory free, all run twice', { freeBytes: 7, totalBytes: 10 }, [6]],
    ['with little memory free, four at a time', { freeBytes: 5, totalBytes: 10 }, [4, 2]],
    ['where nobody can tell, four at a time', null, [4, 2]],
  ] as const)('%s', async ([, memory, batches]) => {
    const many = (version: string): Record<string, string> => ({
      'docker-compose.yml': `services:\n${['a', 'b', 'c', 'd', 'e', 'f'].map((one) => `  ${one}: ${simple(version, '')}\n`).join('')}`,
    });
    good = await shop.deploy(many('1'));
    bad = await shop.deploy(many('2'));
    const { calls, compose } = overheard();
    const rollbacks = composeRollbackDriver({ ...shop.stackParts, compose, hostMemory: () => memory });
    expect(await rollbacks.apply(rollback(), opId, forever)).toMatchObject({ ended: 'done' });
    expect(calls.map((call) => call.match(/=2/g)?.length)).toEqual(batches);
    expect(await shop.running()).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((one) => `${one} 1 running`));
  });

  test('what is started beside and does not come up is taken away, and what ran is never stopped', async () => {
    const check = (version: string): string =>
      `volumes: ["./probe:/probe:ro"], healthcheck: { test: ["CMD", "sh", "-c", "[ ${version} = 2 ] || [ -e /probe/ok ]"], interval: 100ms }`;
    const watched = (version: string): Record<string, string> => ({
      'docker-compose.yml': `
services:
  a: ${simple(version, '')}
  b: ${simple(version, check(version))}
`,
    });
    await mkdir(`${shop.folder}/probe`, { recursive: true });
    await shop.write({ 'probe/ok': '' });
    good = await shop.deploy(watched('1'));
    bad = await shop.deploy(watched('2'));
    await rm(`${shop.folder}/probe/ok`);
    const before = await idOf();
    expect(await apply(rollback({ healthy_within: '1s' }))).toEqual({
      ended: 'failed',
      detail: `b of release ${good.id} did not come up: it was unhealthy, not healthy, after 1s; stack ${name()} is back on ${bad.id}`,
      retryable: false,
    });
    expect(await idOf()).toBe(before);
    expect(await shop.running()).toEqual(['a 2 running', 'b 2 running']);
  });

  test('files that do not parse are told of, and do not keep the recorded release from coming back', async () => {
    good = await shop.deploy(files('1'));
    bad = await shop.deploy(files('2'));
    await shop.write({ 'docker-compose.yml': 'services: { web: [\n' });
    const step = rollback();
    const findings = await driver().preflight(step, await driver().read(step, forever), forever);
    expect(findings).toMatchObject([{ level: 'warn' }]);
    expect(findings[0]?.message).toMatch(
      `the files in ${shop.folder} cannot be read just now, and are not needed: docker compose, reading the files of project ${name()}: it ended with code`,
    );
    expect(await apply(step)).toMatchObject({ ended: 'done' });
    expect(await shop.running()).toEqual(['db 1 running', 'web 1 running', 'worker 1 running']);
  });

  test('killed between any two calls, the next run finishes the rest, and nothing is doubled', async () => {
    const shown = ['db 1 running', 'mail 1 running', 'web 1 running', 'worker 1 running'];
    const mailed = (version: string): Record<string, string> =>
      files(version, `  mail: ${simple(version, '')}`);
    good = await shop.deploy(mailed('1'));
    const step = (): Step => rollback();
    const cuts = await cutOffEverywhere(
      async () => {
        bad = await shop.deploy(mailed('2'));
      },
      async () => apply(step()),
      async () => {
        expect(await driver().probe(step(), opId, forever)).not.toBe('unknown');
        expect(await apply(step())).toMatchObject({ ended: 'done' });
        expect(await shop.running()).toEqual(shown);
        expect(await driver().probe(step(), opId, forever)).toBe('done');
      },
    );
    expect(cuts).toBe(6);
  });
});
