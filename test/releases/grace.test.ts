import { registry } from '../../src/releases/registry.ts';
import { expect, test } from 'vitest';
import { HOUR, SECOND } from '../../src/domain/time.ts';
import { config, deployed, image, watching } from './fixtures.ts';

const graced = (w: ReturnType<typeof watching>): boolean => w.releases().inGrace('shop', w.now());

test('what runs at first sight did not arrive, so it gets no grace', () => {
  const w = watching();
  w.see([image(1), config]);
  expect(graced(w)).toBe(false);
});

test('grace begins when a release leaves and anew when the next arrives', () => {
  const w = watching();
  w.see([image(1), config]);
  w.see([]);
  expect(w.releases().graceUntil('shop', w.now())).toBe(w.now() + 60 * SECOND);
  w.wait(50 * SECOND);
  w.see([image(2), config]);
  expect(w.releases().graceUntil('shop', w.now())).toBe(w.now() + 60 * SECOND);
});

test('without word on health, grace ends when its time is over', () => {
  const w = deployed();
  w.wait(60 * SECOND - 1);
  expect(graced(w)).toBe(true);
  w.wait(1);
  expect(graced(w)).toBe(false);
  expect(w.releases().graceUntil('shop', w.now())).toBeNull();
});

test('grace ends when the new release is first healthy', () => {
  const w = deployed();
  w.wait(5 * SECOND);
  w.see([image(2), config], { healthy: false });
  expect(graced(w)).toBe(true);
  w.wait(5 * SECOND);
  const change = w.see([image(2), config], { healthy: true });
  expect(graced(w)).toBe(false);
  expect(change.commit.controls).toEqual([{ key: 'grace:shop', value: null }]);
});

test('grace begins when what serves is told to stop, before anything is removed', () => {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  w.wait(SECOND);
  w.see([image(1), config], { healthy: true, leaving: true });
  expect(w.releases().graceUntil('shop', w.now())).toBe(w.now() + 60 * SECOND);
  w.wait(10 * SECOND);
  w.see([image(1), config], { healthy: false, leaving: true });
  expect(w.releases().graceUntil('shop', w.now())).toBe(w.now() + 50 * SECOND);
});

test('what was stopped and started again is out of grace once it is healthy', () => {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  w.see([image(1), config], { healthy: false, leaving: true });
  w.wait(SECOND);
  w.see([image(1), config]);
  expect(graced(w)).toBe(true);
  w.wait(SECOND);
  w.see([image(1), config], { healthy: true });
  expect(graced(w)).toBe(false);
});

test('what served and ended by itself gets no grace', () => {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  w.see([image(1), config], { healthy: false, exited: true });
  expect(graced(w)).toBe(false);
});

test('a target without grace gets none when it is told to stop', () => {
  const w = watching({ graceMs: 0 });
  w.see([image(1), config], { healthy: true });
  w.see([image(1), config], { healthy: false, leaving: true });
  expect(graced(w)).toBe(false);
});

test('grace ends at once for what exited and will not be started again', () => {
  const w = deployed();
  w.wait(SECOND);
  w.see([image(2), config], { exited: true });
  expect(graced(w)).toBe(false);
});

test('what arrives exited gets no grace', () => {
  const w = deployed();
  w.see([image(3), config], { exited: true });
  expect(graced(w)).toBe(false);
});

test('a target may have no grace', () => {
  expect(graced(deployed({ graceMs: 0 }))).toBe(false);
});

test('grace survives a restart', () => {
  const w = deployed();
  const until = w.now() + 60 * SECOND;
  expect(w.stored.controls.get('grace:shop')).toEqual({ key: 'grace:shop', value: { until } });
  w.restart();
  w.wait(30 * SECOND);
  expect(w.releases().graceUntil('shop', w.now())).toBe(until);
});

// Deployments that CI announces

test('a deployment begins grace and is going on until it ends', () => {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  const begun = w.keep(w.releases().deploy('shop', 'begin', 'ci', w.now()));
  expect(begun.commit.controls).toEqual([
    { key: 'deploy:shop', value: { by: 'ci', since: w.now() } },
    { key: 'grace:shop', value: { until: w.now() + 60 * SECOND } },
  ]);
  expect(graced(w)).toBe(true);
  w.wait(90 * SECOND);
  expect(graced(w)).toBe(false);
  expect(w.releases().deploying('shop', w.now())).toBe(true);
  w.keep(w.releases().deploy('shop', 'end', 'ci', w.now()));
  expect(w.releases().deploying('shop', w.now())).toBe(false);
  expect(w.journal.slice(-2)).toEqual(['shop: ci began a deployment', 'shop: ci ended a deployment']);
});

test('the end of a deployment gives grace to what is not yet healthy', () => {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  w.keep(w.releases().deploy('shop', 'begin', 'ci', w.now()));
  w.wait(90 * SECOND);
  w.see([image(2), config], { healthy: false });
  w.wait(30 * SECOND);
  w.keep(w.releases().deploy('shop', 'end', 'ci', w.now()));
  expect(w.releases().graceUntil('shop', w.now())).toBe(w.now() + 60 * SECOND);
});

test('a deployment that nobody ended is over after an hour', () => {
  const w = watching();
  w.see([image(1), config]);
  w.keep(w.releases().deploy('shop', 'begin', 'ci', w.now()));
  w.wait(HOUR - 1);
  expect(w.releases().deploying('shop', w.now())).toBe(true);
  w.wait(1);
  expect(w.releases().deploying('shop', w.now())).toBe(false);
});

test('a deployment survives a restart', () => {
  const w = watching();
  w.see([image(1), config]);
  w.keep(w.releases().deploy('shop', 'begin', 'ci', w.now()));
  w.restart();
  w.wait(10 * 60 * SECOND);
  expect(w.releases().deploying('shop', w.now())).toBe(true);
});

test('a release that has just arrived is a deployment too', () => {
  const w = deployed();
  expect(w.releases().deploying('shop', w.now())).toBe(true);
  w.wait(60 * SECOND);
  expect(w.releases().deploying('shop', w.now())).toBe(false);
});

test('a target that is not known cannot be deployed', () => {
  expect(() => watching().releases().deploy('nope', 'begin', 'ci', 0)).toThrow(
    'there is no target nope: see `status` for their names',
  );
});

test('a migration counts as a deployment until its time is over, also on a target without releases', () => {
  const target = 'shop';
  const migration = {
    by: 'alice',
    since: 0,
    until: 1_000,
    recipe: 'all',
    set: 'b-1',
    release: null,
    commit: null,
    note: '',
    again: null,
  };
  const releases = registry();
  releases.restore([], [], [{ key: `migration:${target}`, value: migration }]);

  expect(releases.migrating(target, 999)).toEqual(migration);
  expect(releases.deploying(target, 999)).toBe(true);
  expect(releases.migrating(target, 1_000)).toBeNull();
  expect(releases.deploying(target, 1_000)).toBe(false);

  releases.setMigration(target, null);
  expect(releases.deploying(target, 999)).toBe(false);
});
