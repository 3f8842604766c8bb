import { describe, expect, test } from 'vitest';
import { SECOND } from '../../src/domain/time.ts';
import { restartedWatch } from '../../src/detect/watch.ts';
import { wordLevel, wordProgress } from '../../src/detect/wording.ts';
import type { Level } from '../../src/domain/rule.ts';
import { start } from '../fakes/clock.ts';
import { byName, Detecting, detecting } from './detecting.ts';
import { aRule, aTarget, comparison, level, tracing } from './tracing.ts';

const threeOfFive: Level = level('critical', {
  comparison: comparison('above', 0.5),
  need: { breaches: 3, of: 5 },
});
const flapping = { levels: [threeOfFive] };

describe('`need`', () => {
  test('fires at the reading with which so many of the last ones breach', () => {
    expect(tracing(flapping).see('BBB')).toBe('ppF');
    expect(tracing(flapping).see('B.B.B')).toBe('ppppF');
  });

  test('looks no further back than it says', () => {
    expect(tracing(flapping).see('B..B..B..B..B')).toBe('p'.repeat(13));
  });

  test('is forgiven when none of the last readings breaches any more', () => {
    const traced = tracing(flapping);
    expect(traced.see('B.....')).toBe('pppppc');
    expect(traced.told()).toEqual(['critical pending', 'critical forgiven']);
  });

  test('neither counts unknown readings nor lets them push others out', () => {
    expect(tracing(flapping).see('B?EB?B')).toBe('pppppF');
  });

  test('forgets everything after more than three intervals without a good reading', () => {
    expect(tracing(flapping).see('BB???BBB')).toBe('pppppppF');
    const recovered = tracing(flapping);
    expect(recovered.see('BBB....BB.')).toBe('ppFFFrrrrc');
    expect(recovered.wait(60 * SECOND).see('B')).toBe('p');
  });

  test('counts held readings as little as unknown ones', () => {
    const traced = tracing(flapping);
    traced.see('BB');
    traced.inGrace = true;
    expect(traced.see('BBBB')).toBe('pppp');
    traced.inGrace = false;
    expect(traced.see('B')).toBe('F');
  });

  test('says since the first of the readings that it counted', () => {
    const traced = tracing(flapping);
    traced.see('B....BB.B');
    const { change, since, at, condition } = traced.changes.at(-1) ?? {};
    expect([change, condition]).toEqual(['fired', 'above 50% in 3 of 5 readings']);
    expect([since, at]).toEqual([start + 60 * SECOND, start + 90 * SECOND]);
  });

  test('starts over when the clock jumps, even where nothing is pending', () => {
    const traced = tracing(flapping);
    expect(traced.see('BBB....BB.')).toBe('ppFFFrrrrc');
    traced.watch = restartedWatch(traced.watch);
    expect(traced.see('B')).toBe('p');
  });

  test('counts failed probes, too', () => {
    const probes = { levels: [level('critical', { need: { breaches: 2, of: 3 } })] };
    expect(tracing(probes, 'o').see('XoX')).toBe('ppF');
    expect(tracing(probes, 'o').see('XooX')).toBe('pppp');
  });
});

describe('recovering from `need`', () => {
  test('takes as many readings as it looks at, at none of which it is met', () => {
    const traced = tracing(flapping);
    expect(traced.see('BBB.......')).toBe('ppFFFrrrrc');
    expect(traced.told().slice(1)).toEqual(['critical fired', 'critical recovering', 'critical recovered']);
  });

  test('does not mind a lone breach: the signal flaps', () => {
    expect(tracing(flapping).see('BBB...B...')).toBe('ppFFFrrrrc');
  });

  test('ends with a reading that does not breach', () => {
    expect(tracing(flapping).see('BBB......B.')).toBe('ppFFFrrrrrc');
  });

  test('forgets none of the last readings', () => {
    expect(tracing(flapping).see('BBB....BB.B')).toBe('ppFFFrrrrcF');
  });

  test('starts over when it is met again', () => {
    expect(tracing(flapping).see('BBB...BBB')).toBe('ppFFFrrrF');
  });

  test('with `recover` takes readings that satisfy it, and the need not being met any more', () => {
    const atOnce = { ...flapping, recover: { comparison: comparison('below', 0.05), forMs: 0 } };
    expect(tracing(atOnce).see('BBB...')).toBe('ppFrrc');
    const slowly = { ...flapping, recover: { comparison: comparison('below', 0.05), forMs: 20 * SECOND } };
    expect(tracing(slowly).see('BBB..-...')).toBe('ppFrrFrrc');
  });

  test('a breach soon after does not fire again by those before', () => {
    const atOnce = { ...flapping, recover: { comparison: comparison('below', 0.05), forMs: 0 } };
    expect(tracing(atOnce).see('BBB...B')).toBe('ppFrrcp');
  });
});

test('the level and its progress are told in readings', () => {
  const traced = tracing(flapping);
  traced.see('B.B');
  const breach = traced.watch.levels.critical;
  expect(wordLevel(threeOfFive)).toBe('above 50% in 3 of 5 readings');
  expect(breach === undefined ? '' : wordProgress(threeOfFive, breach)).toBe('2 of 5 readings');
  expect(wordLevel(level('high', { need: { breaches: 2, of: 3 } }))).toBe('failing in 2 of 3 readings');
  expect(wordLevel(level('high', { forMs: 90 * SECOND }))).toBe('failing for 1m30s');
});

test('a crash after any reading forgets no reading that did not breach: the level never fires early', async () => {
  // Read so often that checkpoints, every 5 s, miss most of it.
  const rule = aRule({ ...flapping, everyMs: SECOND });
  const d = await detecting([rule]);
  for (const letter of 'BB...') {
    d.source.says['backend'] = letter;
    await d.clock.advance(SECOND);
  }
  // Nothing but what was handed out to be stored is left.
  const next = new Detecting({ clock: d.clock });
  await d.stop();
  next.detector.configure([rule], byName([aTarget('backend')]));
  next.detector.restore([...d.stored.values()], d.clock.now());
  next.source.says['backend'] = 'B';
  next.start();
  await next.clock.advance(1.5 * SECOND);
  expect(next.told()).toEqual([]);
  await next.clock.advance(SECOND);
  expect(next.told()).toEqual(['shop/errors backend critical fired']);
  await next.stop();
});
