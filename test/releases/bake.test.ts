import { expect, test } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { config, image, watching } from './fixtures.ts';

function baking() {
  const w = watching();
  w.see([image(1), config], { healthy: true });
  w.keep(w.releases().bake('shop', w.now(), true));
  return w;
}

test('a release that runs quietly for ten minutes is good', () => {
  const w = baking();
  w.bakeFor(10 * MINUTE - 10 * SECOND);
  expect(w.current()?.standing).toBe('unproven');
  w.bakeFor(10 * SECOND);
  expect(w.current()).toMatchObject({ standing: 'good', because: 'baked 10m', goodAt: w.now() });
  expect(w.events).toEqual(['changed', 'became_good']);
  expect(w.journal.at(-1)).toBe(`shop: shop:1 (${w.current()?.id}) is good: baked 10m`);
});

test('time that is not quiet bakes nothing, and what was baked is kept', () => {
  const w = baking();
  w.bakeFor(6 * MINUTE);
  w.bakeFor(HOUR, false);
  w.bakeFor(4 * MINUTE);
  expect(w.current()).toMatchObject({ standing: 'unproven', bakedMs: 10 * MINUTE - 10 * SECOND });
  w.bakeFor(10 * SECOND);
  expect(w.current()?.standing).toBe('good');
});

test('down time bakes nothing', () => {
  const w = baking();
  w.bakeFor(5 * MINUTE);
  w.restart();
  w.wait(HOUR);
  w.see([image(1), config], { healthy: true });
  w.bakeFor(10 * SECOND);
  expect(w.current()?.bakedMs).toBe(5 * MINUTE);
});

test('a release restored but not yet seen running does not bake', () => {
  const w = baking();
  w.bakeFor(5 * MINUTE);
  w.restart();
  w.bakeFor(HOUR);
  expect(w.current()?.bakedMs).toBe(5 * MINUTE);
});

test.each([
  ['exited', { exited: true }],
  ['told to stop', { leaving: true }],
  ['unhealthy', { healthy: false }],
])('a release that is %s does not bake', (_, seen) => {
  const w = baking();
  w.see([image(1), config], seen);
  w.bakeFor(HOUR);
  expect(w.current()).toMatchObject({ standing: 'unproven', bakedMs: 0 });
});

test('a gap in which nobody looked bakes nothing', () => {
  const w = baking();
  w.wait(HOUR);
  w.keep(w.releases().bake('shop', w.now(), true));
  expect(w.current()?.bakedMs).toBe(0);
});

test('baking is stored every half minute, not at every look', () => {
  const w = baking();
  w.bakeFor(20 * SECOND);
  expect([...w.stored.releases.values()][0]?.bakedMs).toBe(0);
  w.bakeFor(10 * SECOND);
  expect([...w.stored.releases.values()][0]?.bakedMs).toBe(30 * SECOND);
});

test('standing taken back by a person bakes from the start', () => {
  const w = baking();
  w.bakeFor(10 * MINUTE);
  const id = w.current()?.id ?? '';
  w.keep(w.releases().setStanding('shop', id, 'unproven', 'alice is not sure', w.now()));
  w.bakeFor(9 * MINUTE);
  expect(w.current()).toMatchObject({ standing: 'unproven', goodAt: null });
});
