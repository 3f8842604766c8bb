import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listings, normalised } from './inspection.ts';
import { Production, type Shop, type ShopOptions } from './production.ts';
import type { Behaviour } from './sample-images.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** Whatever a container may be asked for and a rollback has to bring back. */
async function settingsOf(name: string): Promise<readonly string[]> {
  const { docker } = production;
  const own = docker.name(name);
  await docker.cli('network', 'create', own);
  await docker.cli('volume', 'create', own);
  return [
    `--network=${own}`,
    '--network-alias=orders',
    `--volume=${own}:/data`,
    '--mount=type=bind,source=/etc/hostname,target=/etc/host-name,readonly',
    '--env=PASSWORD=hidden-in-here',
    '--label=team=orders',
    '--add-host=db:10.0.0.5',
    '--ulimit=nofile=4096:8192',
    '--cap-drop=NET_RAW',
    '--user=0:0',
    '--workdir=/tmp',
    '--stop-timeout=5',
  ];
}

interface Expected {
  readonly behaviour: Behaviour;
  readonly rule: string;
  readonly detail: RegExp;
  readonly settings?: readonly string[];
}

/** Release 1 is proven good, release 2 is deployed by hand and goes bad: what is left at the end. */
async function goesBad(name: string, expected: Expected): Promise<void> {
  const { docker } = production;
  const settings = [...(await settingsOf(name)), ...(expected.settings ?? [])];
  await using shop = await production.openShop(name, { settings });
  await shop.build(2, expected.behaviour);
  const container = await normalised(docker, shop.name);
  const listed = await listings(docker, shop.name);
  await shop.watchUntilGood();

  await shop.service.deploy(shop.image(2));
  const incident = await shop.untilIncident('closed', 'handed_over');

  expect(incident).toMatchObject({ outcome: 'rolled_back', severity: 'critical', rule: expected.rule });
  expect([...new Set(incident.levels.map(({ rule }) => rule))]).toEqual([expected.rule]);
  expect(incident.levels[0]?.detail).toMatch(expected.detail);
  expect(await normalised(docker, shop.name)).toEqual(container);
  expect(await listings(docker, shop.name)).toEqual(await withKeptAndPin(shop, listed));
  expect(await standings(shop)).toEqual({ [shop.image(1)]: 'good', [shop.image(2)]: 'bad' });
  const types = incident.journal.map(({ type }) => type);
  expect(types.filter((type) => type.startsWith('phase.'))).toEqual(['phase.passed', 'phase.passed']);
  expect(types.filter((type) => type.startsWith('effect.')).join(' ')).toBe(
    'effect.intent effect.started effect.done effect.intent effect.started effect.done',
  );
  expect(Object.keys(incident.evidence).toSorted()).toEqual(['inspection', 'logs', 'readings']);
  expect(Object.values(incident.rto ?? {}).filter(isMissed)).toEqual([]);
  expect(await shop.service.ask('/api/v1/orders')).toBe(200);
}

/** The listings of before, with what a rollback adds: the replaced container, and the pin of the good release. */
async function withKeptAndPin(
  shop: Shop,
  { containers = [], images = [], ...rest }: Record<string, readonly string[]>,
): Promise<Record<string, readonly string[]>> {
  const good = (await shop.daemon.target(shop.name)).current?.id ?? '';
  const replaced = (await production.docker.cli('ps', '--all', '--format', '{{.Names}}'))
    .split('\n')
    .find((each) => each.startsWith(`${shop.name}.rollbackd-replaced-`));
  const image = images.find((line) => line.startsWith(`${shop.image(1)} `)) ?? '';
  return {
    ...rest,
    containers: [
      ...containers,
      `${replaced} exited`,
      `rollbackd-pin-${shop.name}-${good} created`,
    ].toSorted(),
    images: [...images, image.replace(shop.image(1), `rollbackd.pin/${shop.name}:${good}`)].toSorted(),
  };
}

async function standings(shop: Shop): Promise<Record<string, string>> {
  const releases = await shop.daemon.get<{ name: string; standing: string }[]>(
    `/api/v1/targets/${shop.name}/releases`,
  );
  return Object.fromEntries(releases.map(({ name, standing }) => [name.split(' ')[0] ?? '', standing]));
}

function isMissed(phase: { actualMs: number | null; objectiveMs: number | null }): boolean {
  return phase.actualMs !== null && phase.objectiveMs !== null && phase.actualMs > phase.objectiveMs;
}

test.concurrent('a release that answers 500 to most requests is rolled back', async () =>
  goesBad('errors', {
    behaviour: 'errors',
    rule: 'layra/api-error-rate',
    detail: /^[5-9]\d(\.\d+)?% \(/,
    settings: ['--restart=unless-stopped'],
  }),
);

test.concurrent('a release that fails its health check is rolled back', async () =>
  goesBad('ill', { behaviour: 'ill', rule: 'layra/health-check', detail: /^answered 503/ }),
);

test.concurrent('a release that fills its memory is rolled back', async () =>
  goesBad('hog', { behaviour: 'hog', rule: 'layra/memory', detail: /^9[5-9]/ }),
);

test.concurrent('a release that exits at start-up is rolled back', async () =>
  goesBad('exits', {
    behaviour: 'exits',
    rule: 'layra/health-check',
    detail: /^(refused|cut) the connection/,
  }),
);

test.concurrent('a deployment by hand alone trips nothing, however long nothing runs', async () => {
  // Half a minute, so that a busy machine may take its time to start a container.
  const options: ShopOptions = { more: { defaults: { bake: '5s', grace: '30s' } } };
  await using shop = await production.openShop('quiet', options);
  await shop.build(2, 'well');
  const daemon = await shop.watchUntilGood();

  await production.docker.cli('stop', shop.name);
  await pause(2_500);
  await production.docker.cli('rm', shop.name);
  await pause(2_500);
  await shop.service.run(shop.image(2));
  await daemon.until('release 2 is good', async () => {
    const { current } = await daemon.target(shop.name);
    return current?.name.startsWith(shop.image(2)) && current.standing === 'good';
  });

  expect(await daemon.incidents()).toEqual([]);
  // Nobody ever answered with a 5xx, so there is no such series: that is no trouble either.
  const errors = (await daemon.target(shop.name)).rules.find(({ rule }) => rule === 'layra/api-error-rate');
  expect(errors).toMatchObject({ verdict: 'ok', armed: true, detail: expect.stringMatching(/^0% \(0 of /) });
});
