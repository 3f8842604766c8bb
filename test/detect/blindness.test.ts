import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { byName, Detecting, detecting } from './detecting.ts';
import { aRule, aTarget } from './tracing.ts';

const three = [aRule(), aRule({ id: 'shop/latency' }), aRule({ id: 'shop/logins' })];
const two = [aTarget('backend'), aTarget('frontend')];

test('a source whose pairs are all unknown is blind once, after `blind_after`', async () => {
  const d = await detecting(three, two);
  d.source.says['backend'] = d.source.says['frontend'] = 'E';
  await d.clock.advance(5 * MINUTE + 9 * SECOND);
  expect(d.blindness()).toEqual([]);
  await d.clock.advance(MINUTE);
  expect(d.blindness()).toHaveLength(1);
  expect(d.blindness()[0]).toMatch(/^fake is blind: shop\/\w+ on backend: nothing to see$/);
  expect(d.detector.blind()).toEqual(['fake']);
  expect(d.told()).toEqual([]);
});

test('it sees again, once, when the last of its blind pairs has a reading', async () => {
  const d = await detecting(three, two);
  d.source.says['backend'] = d.source.says['frontend'] = 'E';
  await d.clock.advance(6 * MINUTE);
  d.source.says['backend'] = '.';
  await d.clock.advance(MINUTE);
  expect(d.blindness()).toHaveLength(1);
  d.source.says['frontend'] = '.';
  await d.clock.advance(MINUTE);
  expect(d.blindness()).toHaveLength(2);
  expect(d.blindness()[1]).toMatch(/^fake sees: shop\/\w+ on frontend: 1%$/);
  expect(d.detector.blind()).toEqual([]);
});

test('a source that comes and goes is not blind', async () => {
  const d = await detecting();
  for (let minute = 0; minute < 20; minute++) {
    d.source.says['backend'] = minute % 2 === 0 ? 'E' : '.';
    await d.clock.advance(MINUTE);
  }
  expect(d.blindness()).toEqual([]);
});

test('a pair that never had data is not blind', async () => {
  const d = new Detecting();
  d.source.says['backend'] = '?';
  d.detector.configure([aRule()], byName([aTarget('backend')]));
  d.start();
  await d.clock.advance(30 * MINUTE);
  expect(d.blindness()).toEqual([]);
});

test('a source that fails from the very first reading is blind', async () => {
  const d = new Detecting();
  d.source.says['backend'] = 'E';
  d.detector.configure([aRule()], byName([aTarget('backend')]));
  d.start();
  await d.clock.advance(6 * MINUTE);
  expect(d.blindness()).toHaveLength(1);
});

test('two sources are blind by themselves', async () => {
  const d = await detecting([aRule(), aRule({ id: 'shop/series', source: { kind: 'series', options: {} } })]);
  d.source.says['backend'] = 'E';
  await d.clock.advance(4 * MINUTE);
  d.series.says['backend'] = '?';
  await d.clock.advance(6 * MINUTE);
  expect(d.blindness().map((line) => line.split(':')[0])).toEqual(['fake is blind', 'series is blind']);
});

test('a restart neither tells it again nor forgets it', async () => {
  const d = await detecting();
  d.source.says['backend'] = 'E';
  await d.clock.advance(6 * MINUTE);
  await d.stop();
  const again = new Detecting({ clock: d.clock });
  again.source.says['backend'] = 'E';
  again.detector.restore([...d.stored.values()], again.clock.now());
  again.detector.configure([aRule()], byName([aTarget('backend')]));
  expect(again.detector.blind()).toEqual(['fake']);
  again.start();
  await again.clock.advance(10 * MINUTE);
  expect(again.blindness()).toEqual([]);
  again.source.says['backend'] = '.';
  await again.clock.advance(10 * SECOND);
  expect(again.blindness()).toEqual(['fake sees: shop/errors on backend: 1%']);
});

test('it ends when nobody looks at the blind pair any more', async () => {
  const d = await detecting([aRule()], two);
  d.source.says['backend'] = 'E';
  await d.clock.advance(6 * MINUTE);
  d.detector.configure([aRule()], byName([aTarget('frontend')]));
  await d.clock.advance(10 * SECOND);
  expect(d.blindness()[1]).toBe('fake sees: the rule shop/errors does not apply to it any more');
});
