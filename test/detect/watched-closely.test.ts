import { expect, test } from 'vitest';
import { closerMs } from '../../src/domain/migration.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { byName, detecting } from './detecting.ts';
import { aRule, aTarget } from './tracing.ts';

const targets = [aTarget('backend'), aTarget('frontend')];

/** Instants of readings from now on, by subject, in seconds. */
async function readings(d: Awaited<ReturnType<typeof detecting>>, ms: number) {
  const before = d.evaluations.length;
  const from = d.clock.now();
  await d.clock.advance(ms);
  const taken = d.evaluations.slice(before);
  const at = (name: string): number[] =>
    taken.flatMap(({ readings: all }) => {
      const reading = all.get(name);
      return reading === undefined ? [] : [Math.round((reading.at - from) / SECOND)];
    });
  return { backend: at('backend'), frontend: at('frontend') };
}

test('what is watched closely is read between the slots, too, and only that; the slots stay where they are', async () => {
  const d = await detecting([aRule({ everyMs: 10 * SECOND })], targets);
  d.detector.configure([aRule({ everyMs: 10 * SECOND })], byName(targets));
  const usual = await readings(d, 30 * SECOND);
  expect(usual.backend).toHaveLength(3);
  expect(usual.frontend).toEqual(usual.backend);

  d.closely.add('backend');
  await d.clock.advance(10 * SECOND);
  const closely = await readings(d, 30 * SECOND);
  expect(closely.frontend).toEqual(usual.frontend);
  expect(closely.backend).toHaveLength(6);
  expect(closely.backend).toEqual(expect.arrayContaining(usual.backend));

  d.closely.delete('backend');
  await d.clock.advance(10 * SECOND);
  expect(await readings(d, 30 * SECOND)).toEqual(usual);
  await d.stop();
});

test.each([
  [MINUTE, 30 * SECOND],
  [5 * SECOND, 2_500],
  [1_500, SECOND],
  [SECOND, SECOND],
  [250, 250],
])('what is read every %d ms is read every %d ms then', (everyMs, closer) => {
  expect(closerMs(everyMs)).toBe(closer);
});
