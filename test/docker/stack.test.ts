import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
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
  const idOf = async (service: string): Promise<string> => shop.person('ps', '--all', '--quiet', service);

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

  test('killed between any two calls, the next run finishes the rest, and nothing is doubled', async () => {
    good = await shop.deploy(files('1'));
    const step = (): Step => rollback();
    const cuts = await cutOffEverywhere(
      async () => {
        bad = await shop.deploy(files('2'));
      },
      async () => apply(step()),
      async () => {
        expect(await driver().probe(step(), opId, forever)).not.toBe('unknown');
        expect(await apply(step())).toMatchObject({ ended: 'done' });
        expect(await shop.running()).toEqual(['db 1 running', 'web 1 running', 'worker 1 running']);
        expect(await driver().probe(step(), opId, forever)).toBe('done');
      },
    );
    expect(cuts).toBe(5);
  });
});
