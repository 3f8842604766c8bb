import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Canaries } from './canaries.ts';
import { normalised } from './inspection.ts';
import { Production, type Shop } from './production.ts';

let production: Production;

beforeAll(async () => {
  production = await Production.open();
});
afterAll(() => production.close());

/** Which container it is, since when it runs, and everything that was asked for. */
async function whole({ name }: Shop): Promise<object> {
  const state = await production.docker.cli(
    'inspect',
    '--format',
    '{{.Id}} {{.State.Status}} {{.State.StartedAt}}',
    name,
  );
  return { state, ...(await normalised(production.docker, name)) };
}

async function containersOf({ name }: Shop): Promise<readonly string[]> {
  const all = await production.docker.cli('ps', '--all', '--format', '{{.Names}} {{.State}}');
  return all
    .split('\n')
    .filter((line) => line.startsWith(name))
    .toSorted((a, b) => a.length - b.length);
}

/** Everything that keeps an image: its pin, and all of its tags. */
async function removeImage(shop: Shop, release: number): Promise<void> {
  const { docker } = production;
  const id = await docker.cli('image', 'inspect', '--format', '{{.Id}}', shop.image(release));
  const pins = await docker.cli('ps', '--all', '--quiet', '--filter', `name=rollbackd-pin-${shop.name}-`);
  await docker.cli('rm', ...pins.split('\n'));
  await docker.cli('rmi', '--force', id);
}

test.concurrent(
  'when its image has just been removed, the plan is refused and nothing is touched',
  async () => {
    await using shop = await production.openShop('gone');
    await shop.build(2, 'errors');
    await shop.watchUntilGood();

    await shop.service.deploy(shop.image(2));
    await removeImage(shop, 1);
    const before = await whole(shop);
    const incident = await shop.untilIncident('closed', 'handed_over');

    expect(incident.state).toBe('handed_over');
    expect(incident.reason).toMatch(
      /^image gone-\w+:1 \(sha256:\w+\) is not on this engine: it has no registry digest to pull it by$/,
    );
    expect(incident.effects).toEqual([]);
    expect(await whole(shop)).toEqual(before);
    expect(await containersOf(shop)).toEqual([`${shop.name} running`]);
  },
);

test.concurrent(
  'a lost pin is a MEDIUM incident before the release is needed, and then no target',
  async () => {
    await using shop = await production.openShop('unpinned');
    await shop.build(2, 'well');
    const daemon = await shop.watchUntilGood();
    await shop.service.deploy(shop.image(2));
    await shop.untilGood();
    await shop.daemon.stop();
    await removeImage(shop, 1);

    // Its presence is looked at once a minute, and at a start.
    await shop.watch();
    const pin = `pin:${shop.name}`;
    const [lost] = await shop.daemon.until('the lost pin is told', async () => {
      const open = await shop.daemon.incidents(pin);
      return open.length > 0 && open;
    });
    expect(lost).toMatchObject({ severity: 'medium', state: 'investigating', rule: 'builtin/pin' });
    expect(shop.daemon.said('incident.opened').join('\n')).toMatch(
      /what unpinned-\w+:1 \(r-\w+\) needs is gone: unpinned-\w+ could not be rolled back to it/,
    );
    expect(daemon.said('incident.opened')).toEqual([]);

    await shop.untilRead();
    await shop.service.behave('errors');
    const incident = await shop.untilIncident('closed', 'handed_over');
    expect(incident.state).toBe('handed_over');
    expect(incident.reason).toMatch(/cannot come back: its image is gone/);
    expect(await containersOf(shop)).toEqual([`${shop.name} running`]);
  },
);

test.concurrent('when the old release does not come up, the replaced one is put back', async () => {
  const config = join(production.folder, 'stale');
  const password = 'canary-7-stale-40cb6d';
  mkdirSync(config);
  await using shop = await production.openShop('stale', {
    settings: [`--volume=${config}:/config`, '--restart=unless-stopped', `--env=PASSWORD=${password}`],
  });
  await shop.build(2, 'errors');
  await shop.watchUntilGood();

  await shop.service.deploy(shop.image(2));
  writeFileSync(join(config, 'stale'), '');
  const before = await normalised(production.docker, shop.name);
  const incident = await shop.untilIncident('closed', 'handed_over');

  expect(incident.state).toBe('handed_over');
  expect(incident.reason).toMatch(
    /^a step failed: docker\.rollback: the old release did not come up: it exited (with code 4|and was restarted)( and is restarted again and again)? \(see stale-\w+\.rollbackd-failed-\w+\); the replaced container stale-\w+ is back$/,
  );
  expect(incident.byHand.length).toBeGreaterThan(0);
  expect(await normalised(production.docker, shop.name)).toEqual(before);
  expect(await containersOf(shop)).toEqual([
    `${shop.name} running`,
    expect.stringMatching(/^stale-\w+\.rollbackd-failed-\w+ exited$/),
  ]);
  expect(await standingOf(shop, 2)).toBe('unproven');
  const canaries = new Canaries({ password });
  expect(canaries.inFolder(join(shop.folder, 'state'))).toEqual([]);
  expect(canaries.in('output', `${shop.daemon.output}${JSON.stringify(incident)}`)).toEqual([]);
});

test.concurrent('without a proven release a person decides', async () => {
  await using shop = await production.openShop('first', { more: { defaults: { bake: '1h', grace: '8s' } } });
  await shop.watch();
  await shop.untilRead();
  const before = await whole(shop);
  await shop.service.behave('errors');
  const incident = await shop.untilIncident('closed', 'handed_over');

  expect(incident.state).toBe('handed_over');
  expect(incident.reason).toMatch(/no other release of first-\w+ has run here and been proven good/);
  expect(await whole(shop)).toEqual(before);
});

async function standingOf(shop: Shop, release: number): Promise<string | undefined> {
  const releases = await shop.daemon.get<{ name: string; standing: string }[]>(
    `/api/v1/targets/${shop.name}/releases`,
  );
  return releases.find(({ name }) => name.startsWith(`${shop.image(release)} `))?.standing;
}
