import { mkdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectRecords } from '../../src/clients/files/records.ts';
import type { EffectOutcome } from '../../src/domain/effect.ts';
import type { Step } from '../../src/domain/plan.ts';
import type { Release } from '../../src/domain/release.ts';
import { composeBuildDriver } from '../../src/rollback/drivers/compose-build.ts';
import { composeRestartDriver } from '../../src/rollback/drivers/compose-restart.ts';
import { readMembers } from '../../src/rollback/stack/stand.ts';
import { describeWithDocker } from '../support/dockerd.ts';
import { openStackShop, type StackShop } from './stack-shop.ts';
import { cutOffEverywhere, forever, stepOf } from './workshop.ts';

const opId = 'i-000001/0123456789abcdef/2/0';
const pace = { stop_grace: '1s', healthy_within: '5s', steady_for: '200ms' };
const files = (version: string): Record<string, string> => ({
  'docker-compose.yml': `
services:
  db: { image: "stack-shop:1", init: true }
  web: { build: ./web, init: true, depends_on: [db] }
  other: { build: ./other, init: true }
`,
  'web/Dockerfile': `FROM stack-shop:1\nENV MADE=web${version}\n`,
  'other/Dockerfile': `FROM stack-shop:1\nENV MADE=other${version}\n`,
});

describeWithDocker('compose.build and compose.restart', () => {
  let shop: StackShop;
  let present: Release;

  beforeAll(async () => {
    shop = await openStackShop();
    for (const service of ['web', 'other']) await mkdir(`${shop.folder}/${service}`);
    await shop.write(files('1'));
    await shop.person('up', '--detach', '--build', '--quiet-pull');
    present = await shop.release();
  });
  afterAll(async () => shop.close());

  const name = (): string => shop.target.stack!.project;
  const builds = (): ReturnType<typeof composeBuildDriver> => composeBuildDriver(shop.stackParts);
  const build = (options: Record<string, unknown>): Step =>
    stepOf(builds(), shop.target, { from: present, options: { ...pace, ...options } });
  const apply = async (step: Step, id = opId): Promise<EffectOutcome> => builds().apply(step, id, forever);

  test('a release of services that were built is recorded, too', () => {
    expect(present.sealed).not.toBeNull();
  });

  test('the services whose build context holds a changed path are built and replaced, and no others', async () => {
    await shop.write(files('2'));
    const before = await readMembers(shop.docker, shop.target.stack!, forever);
    const step = build({ paths: ['web/Dockerfile', 'docs/read.me'] });
    const facts = await builds().read(step, forever);
    expect(await builds().preflight(step, facts, forever)).toEqual([]);
    expect(builds().describe(step, facts)).toBe(
      `build web of stack ${name()} from ${shop.folder}, and replace what runs, each after those that it depends on`,
    );
    expect(await builds().probe(step, opId, forever)).toBe('not_done');

    expect(await apply(step)).toEqual({
      ended: 'done',
      detail: `stack ${name()} runs what its files say in ${shop.folder}: web replaced`,
    });

    expect(await shop.running()).toEqual(['db 1 running', 'other other1 running', 'web web2 running']);
    const after = await readMembers(shop.docker, shop.target.stack!, forever);
    const kept = after.filter(({ container }) => before.some((one) => one.container.id === container.id));
    expect(kept.map(({ service }) => service).toSorted()).toEqual(['db', 'other']);
    expect(await builds().probe(step, opId, forever)).toBe('done');

    expect(await builds().undo!(step, opId, forever)).toEqual({
      ended: 'done',
      detail: `stack ${name()} is back on ${present.id}`,
    });
    expect(await shop.running()).toEqual(['db 1 running', 'other other1 running', 'web web1 running']);
  });

  test('a file that does not parse is refused before anything happens', async () => {
    await shop.write({ 'docker-compose.yml': 'services: { web: [\n' });
    const step = build({});
    const facts = await builds().read(step, forever);
    const findings = await builds().preflight(step, facts, forever);
    expect(findings).toMatchObject([{ level: 'refuse' }]);
    expect(findings[0]?.message).toContain(
      `docker compose, reading the files of project ${name()}: it ended with code`,
    );
    expect(await apply(step, `${opId}3`)).toMatchObject({ ended: 'failed' });
    await shop.write(files('1'));
  });

  test('a build that fails changes nothing', async () => {
    await shop.write({ 'web/Dockerfile': 'FROM stack-shop:1\nRUN false\n' });
    const before = await shop.running();
    const outcome = await apply(build({ services: ['web'] }), `${opId}4`);
    expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
    expect(outcome.detail).toMatch(/; nothing was changed$/);
    expect(await shop.running()).toEqual(before);
    await shop.write(files('1'));
  });

  test('killed anywhere, a restart is finished by the next run, and no container is restarted twice', async () => {
    const state = `${shop.folder}/state`;
    const parts = { ...shop.stackParts, records: effectRecords(state, shop.parts.clock) };
    const restarts = composeRestartDriver(parts);
    const step = stepOf(restarts, shop.target, { options: { ...pace, services: ['db', 'web'] } });
    const facts = await restarts.read(step, forever);
    expect(await restarts.preflight(step, facts, forever)).toEqual([]);
    const starts = async (): Promise<Readonly<Record<string, string>>> => {
      const members = await readMembers(shop.docker, shop.target.stack!, forever);
      return Object.fromEntries(members.map(({ service, container }) => [service, container.startedAt]));
    };
    let before = await starts();
    let cutAt: Readonly<Record<string, string>> = {};
    const cuts = await cutOffEverywhere(
      async () => {
        await rm(state, { recursive: true, force: true });
        before = await starts();
      },
      async () => restarts.apply(step, opId, forever),
      async () => {
        cutAt = await starts();
        const probed = await restarts.probe(step, opId, forever);
        expect(probed).toBe(
          cutAt['db'] === before['db'] ? 'not_done' : probed === 'done' ? 'done' : 'partial',
        );
        expect(await restarts.apply(step, opId, forever)).toMatchObject({ ended: 'done' });
        const after = await starts();
        for (const service of ['db', 'web']) {
          expect(after[service]).not.toBe(before[service]);
          if (cutAt[service] !== before[service]) expect(after[service]).toBe(cutAt[service]);
        }
        expect(after['other']).toBe(before['other']);
        expect(await restarts.probe(step, opId, forever)).toBe('done');
      },
    );
    expect(cuts).toBe(4);
  });
});
