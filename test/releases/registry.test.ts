import { expect, test } from 'vitest';
import { releaseId } from '../../src/domain/release.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { config, deployed, image, watching } from './fixtures.ts';

const one = releaseId([image(1), config]);
const two = releaseId([image(2), config]);

test('the running release is unproven at first sight and nothing older is invented', () => {
  const w = watching();
  const change = w.see([image(1), config]);
  expect(w.current()).toMatchObject({ id: one, standing: 'unproven', because: 'first seen running' });
  expect(w.releases().list('shop')).toHaveLength(1);
  expect(change.events).toEqual([
    { event: 'changed', target: 'shop', from: null, to: w.current(), manager: null, opId: null },
  ]);
  expect(w.journal).toEqual([`shop: shop:1 (${one}) runs at first sight; it is unproven and bakes for 10m`]);
});

test('the same components are the same release, whatever their order', () => {
  const w = watching();
  w.see([image(1), config]);
  w.wait(10 * SECOND);
  const again = w.see([config, image(1)]);
  expect(again).toEqual({ commit: {}, events: [] });
});

test('another image is another release, and the journal says which came after which', () => {
  const w = deployed();
  expect(w.current()?.id).toBe(two);
  const arrived = { since: w.now(), notBefore: w.now() };
  expect(w.releases().serving('shop')).toEqual({ target: 'shop', release: two, ...arrived, opId: null });
  expect(w.journal.at(-1)).toBe(`shop: shop:2 (${two}) arrived, after shop:1 (${one})`);
  expect(w.candidate()).toBe('shop:1');
});

test('who manages the target is told', () => {
  const w = watching();
  w.see([image(1), config]);
  const change = w.see([image(2), config], { manager: 'watchtower' });
  expect(change.events[0]).toMatchObject({ event: 'changed', manager: 'watchtower' });
  expect(w.journal.at(-1)).toBe(
    `shop: shop:2 (${two}) arrived, after shop:1 (${one}), managed by watchtower`,
  );
});

test('a release of our own rollback carries its op_id, and so tells a rollback of a rollback', () => {
  const w = deployed();
  w.see([image(1), config], { opId: 'i-1/abc/1/0' });
  expect(w.releases().serving('shop')?.opId).toBe('i-1/abc/1/0');
  expect(w.journal.at(-1)).toBe(`shop: shop:1 (${one}) arrived, after shop:2 (${two}), by i-1/abc/1/0`);
});

test('a mark that is set a moment after the release was seen is noticed', () => {
  const w = deployed();
  w.see([image(1), config]);
  w.wait(SECOND);
  const change = w.see([image(1), config], { opId: 'i-1/abc/1/0' });
  expect(change.commit.serving).toMatchObject([{ release: one, opId: 'i-1/abc/1/0' }]);
  expect(change.events).toEqual([]);
});

test('a restart and the same release change nothing', () => {
  const w = deployed();
  w.wait(2 * MINUTE);
  w.restart();
  expect(w.see([image(2), config])).toEqual({ commit: {}, events: [] });
  expect(w.current()?.id).toBe(two);
  expect(w.candidate()).toBe('shop:1');
});

test('a release that changed while the daemon was down is a change', () => {
  const w = deployed();
  w.wait(HOUR);
  w.restart();
  const change = w.see([image(3), config]);
  expect(change.events).toMatchObject([{ event: 'changed', from: { id: two } }]);
});

test('a target that is gone runs nothing, and what comes back unchanged has not changed', () => {
  const w = watching();
  w.see([image(1), config]);
  const since = w.now();
  w.wait(HOUR);
  expect(w.see([]).events).toMatchObject([{ event: 'changed', from: { id: one }, to: null }]);
  expect(w.current()).toBeNull();
  w.wait(3 * SECOND);
  w.see([image(1), config]);
  const arrived = { since, notBefore: since };
  expect(w.releases().serving('shop')).toEqual({ target: 'shop', release: one, ...arrived, opId: null });
});

test('a release that is seen at a look arrived after the look before', () => {
  const w = watching();
  w.see([image(1), config]);
  w.wait(10 * SECOND);
  const before = w.now();
  w.see([image(1), config]);
  w.wait(15 * SECOND);
  w.see([image(2), config]);
  expect(w.releases().serving('shop')).toMatchObject({ since: w.now(), notBefore: before });
});

test('a release that arrived while the daemon was down arrived after the other was last seen', () => {
  const w = watching();
  w.see([image(1), config]);
  w.wait(HOUR);
  const before = w.now();
  w.see([image(1), config]);
  w.wait(HOUR);
  w.restart();
  w.see([image(2), config]);
  expect(w.releases().serving('shop')).toMatchObject({ since: w.now(), notBefore: before });
});

test('a late sighting is not taken for a change', () => {
  const w = deployed();
  expect(w.see([image(1), config], { at: w.now() - SECOND })).toEqual({ commit: {}, events: [] });
});

test('a bad release that returns is announced', () => {
  const w = deployed();
  w.keep(w.releases().setStanding('shop', two, 'bad', 'incident i-1', w.now()));
  w.see([image(1), config], { opId: 'i-1/abc/1/0' });
  w.wait(HOUR);
  const change = w.see([image(2), config], { manager: 'compose' });
  expect(change.events.map(({ event }) => event)).toEqual(['changed', 'bad_returned']);
  expect(change.events[1]).toMatchObject({ release: { id: two, standing: 'bad' }, manager: 'compose' });
});

test('a bad release does not bake itself good', () => {
  const w = deployed();
  w.keep(w.releases().setStanding('shop', two, 'bad', 'incident i-1', w.now()));
  w.bakeFor(HOUR);
  expect(w.current()?.standing).toBe('bad');
});

test('when it last served is stored now and then, not at every look', () => {
  const w = watching();
  w.see([image(1), config]);
  w.wait(4 * MINUTE);
  expect(w.see([image(1), config]).commit).toEqual({});
  w.wait(MINUTE);
  expect(w.see([image(1), config]).commit.releases).toMatchObject([{ id: one, servedAt: w.now() }]);
});

// Candidates

test('without a proven release there is no candidate', () => {
  const w = watching();
  w.see([image(1), config]);
  w.see([image(2), config]);
  expect(w.candidate()).toBe('no other release of shop has run here and been proven good');
});

test('the candidate is the good release that was served most recently', () => {
  const w = deployed();
  w.bakeFor(10 * MINUTE + 10 * SECOND);
  w.wait(HOUR);
  w.see([image(2), config]);
  expect(w.current()).toMatchObject({ standing: 'good', because: 'baked 10m' });
  w.see([image(3), config]);
  expect(w.candidate()).toBe('shop:2');
});

test('a release that has not run for thirty days is too old', () => {
  const w = deployed();
  w.wait(30 * DAY);
  expect(w.candidate()).toBe('shop:1');
  w.wait(DAY);
  expect(w.candidate()).toBe(`the last good release, shop:1 (${one}), ran 31d ago, longer than 30d`);
});

test('nothing goes back behind a barrier', () => {
  const w = deployed();
  w.keep(w.releases().record('shop', [image(2), config], 'orders migration 42', w.now(), 'ci'));
  expect(w.candidate()).toBe(
    `the last good release, shop:1 (${one}), lies behind the barrier of shop:2 (${two}): orders migration 42`,
  );
});

test('a barrier in the candidate itself does not stand in the way', () => {
  const w = deployed();
  w.keep(w.releases().record('shop', [image(1), config], 'orders migration 41', w.now(), 'ci'));
  expect(w.candidate()).toBe('shop:1');
});

test('a candidate whose image is gone is not replaced by an older one', () => {
  const w = deployed();
  w.bakeFor(10 * MINUTE + 10 * SECOND);
  w.see([image(3), config]);
  w.releases().setPresent('shop', two, false);
  expect(w.candidate()).toBe(`the last good release, shop:2 (${two}), cannot come back: its image is gone`);
  w.releases().setPresent('shop', two, true);
  expect(w.candidate()).toBe('shop:2');
});

// By name

test('a release may be named by id, by the beginning of its id, or by its label', () => {
  const w = deployed();
  for (const text of [one, one.slice(0, 8), 'shop:1'])
    expect(w.releases().named('shop', text)).toMatchObject({ release: { id: one } });
});

test.each([
  ['shop:9', 'shop has no release shop:9: see `release list shop`'],
  ['shop:2', `shop:2 (${two}) is what shop runs now`],
])('%s cannot be named', (text, problem) => {
  expect(deployed().releases().named('shop', text)).toEqual({ release: null, problem });
});

test('a missing release does not come back by name either', () => {
  const w = deployed();
  w.releases().setPresent('shop', one, false);
  expect(w.releases().named('shop', one)).toEqual({
    release: null,
    problem: `shop:1 (${one}) cannot come back: its image is gone`,
  });
});

test('an image that was only recorded cannot be gone back to', () => {
  const w = deployed();
  const change = w.keep(w.releases().record('shop', [image(7)], null, w.now(), 'ci'));
  const id = change.commit.releases?.[0]?.id ?? '';
  expect(w.releases().named('shop', id)).toMatchObject({
    problem: `777777777777 (${id}) cannot come back: it never ran here, so how to run it is not known`,
  });
});

// Recording

test('a release that CI recorded keeps its id when it runs', () => {
  const w = deployed();
  w.keep(w.releases().record('shop', [image(3), config], 'orders migration 43', w.now(), 'ci'));
  w.wait(MINUTE);
  w.see([image(3), config]);
  expect(w.current()).toMatchObject({ barrier: 'orders migration 43', because: 'recorded by ci' });
  expect(w.current()?.components[0]?.label).toBe('shop:3');
});

test('what CI recorded of an image alone passes on to the release that contains it', () => {
  const w = deployed();
  const recorded = w.keep(w.releases().record('shop', [image(3)], 'orders migration 43', w.now(), 'ci'));
  const id = recorded.commit.releases?.[0]?.id ?? '';
  w.keep(w.releases().setStanding('shop', id, 'good', 'tested by ci', w.now()));
  w.see([image(3), config]);
  expect(w.current()).toMatchObject({
    standing: 'good',
    because: `tested by ci (as ${id})`,
    barrier: 'orders migration 43',
  });
});

test('an image recorded by its registry digest is recognised', () => {
  const w = deployed();
  const value = `sha256:${'a'.repeat(64)}`;
  w.keep(w.releases().record('shop', [{ kind: 'image', value }], 'migration', w.now(), 'ci'));
  w.see([{ ...image(3), digests: [`registry.example/shop@${value}`] }, config]);
  expect(w.current()?.barrier).toBe('migration');
});

test('a bad word about a recorded image reaches the release that runs it', () => {
  const w = deployed();
  const change = w.keep(w.releases().record('shop', [image(2)], null, w.now(), 'ci'));
  const id = change.commit.releases?.[0]?.id ?? '';
  w.keep(w.releases().setStanding('shop', id, 'bad', 'failed its canary', w.now()));
  expect(w.current()).toMatchObject({ standing: 'bad', because: 'failed its canary' });
});

test('a release that was never recorded cannot be called good', () => {
  expect(() => deployed().releases().setStanding('shop', 'r-0000', 'good', 'ci', 0)).toThrow(
    'shop has no release r-0000: see `release list shop`',
  );
});

// Several observers

const commit = (n: number) => ({ kind: 'commit' as const, value: String(n).repeat(40), label: `c${n}` });
const both = { repository: { url: 'file:///shop.git', branch: 'main' } };

test('a target with two observers has no release until both have looked', () => {
  const w = watching(both);
  expect(w.see([image(1), config]).events).toEqual([]);
  expect(w.current()).toBeNull();
  w.see([commit(1)]);
  expect(w.current()?.id).toBe(releaseId([image(1), config, commit(1)]));
});

test('an observer that cannot look is not waited for longer than two minutes', () => {
  const w = watching(both);
  w.see([image(1), config]);
  w.wait(2 * MINUTE);
  w.see([image(1), config]);
  expect(w.current()?.id).toBe(one);
});

test('components that change within two minutes are one release', () => {
  const w = watching(both);
  w.see([commit(1)]);
  w.see([image(1), config]);
  const first = w.current()?.id;
  w.wait(HOUR);
  w.see([commit(2)]);
  const since = w.now();
  const onTheWay = w.current()?.id ?? '';
  w.wait(2 * MINUTE);
  const change = w.see([image(2), config]);
  expect(change.events).toMatchObject([
    { event: 'changed', from: { id: first }, to: { id: w.current()?.id } },
  ]);
  expect(w.releases().serving('shop')?.since).toBe(since);
  expect(w.stored.releases.get(onTheWay)?.because).toBe(`seen on the way to ${w.current()?.id}`);
});

test('components that change further apart are two releases', () => {
  const w = watching(both);
  w.see([commit(1)]);
  w.see([image(1), config]);
  w.wait(HOUR);
  w.see([commit(2)]);
  const between = w.current()?.id;
  w.wait(2 * MINUTE + SECOND);
  const change = w.see([image(2), config]);
  expect(change.events).toMatchObject([{ event: 'changed', from: { id: between } }]);
});

test('the same component changing twice within two minutes is two releases', () => {
  const w = watching();
  w.see([image(1), config]);
  w.see([image(2), config]);
  w.wait(MINUTE);
  expect(w.see([image(3), config]).events).toMatchObject([{ event: 'changed', from: { id: two } }]);
});

test('with several observers, nothing there is believed only of the one that looked', () => {
  const w = watching(both);
  w.see([commit(1)]);
  w.see([image(1), config]);
  w.wait(HOUR);
  expect(w.see([]).events).toEqual([]);
  expect(w.see([], {}, 'container').events).toMatchObject([{ event: 'changed', to: null }]);
});

// Forgetting

test('of very many releases those are kept that may be asked for: what is young, good, bad or a barrier, and what runs', () => {
  const w = deployed();
  const [good, bad, barrier] = [one, two, releaseId([image(3), config])];
  w.see([image(3), config]);
  w.keep(w.releases().setStanding('shop', bad, 'bad', 'bad by ci', w.now()));
  w.keep(w.releases().record('shop', [image(3), config], 'migration 7', w.now(), 'ci'));
  const first = releaseId([image(100), config]);
  for (let version = 100; version < 160; version++) {
    w.wait(MINUTE);
    w.keep(w.releases().record('shop', [image(version), config], null, w.now(), 'ci'));
  }

  const ids = w
    .releases()
    .list('shop')
    .map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining([good, bad, barrier, releaseId([image(159), config])]));
  expect(ids).not.toContain(first);
  expect(ids).toHaveLength(53);
  expect([...w.stored.releases.keys()].toSorted()).toEqual(ids.toSorted());
  expect(w.candidate()).toBe(
    `the last good release, shop:1 (${good}), lies behind the barrier of shop:3 (${barrier}): migration 7`,
  );
});
