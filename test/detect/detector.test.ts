import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { byName, Detecting, detecting } from './detecting.ts';
import { above, aRule, aTarget, level } from './tracing.ts';

/** Severities of the levels that fire on the backend. */
function firing({ detector }: Detecting): readonly string[] {
  const levels = detector.views('backend').flatMap((rule) => rule.levels);
  return levels.filter(({ phase }) => phase === 'firing').map(({ severity }) => severity);
}

describe('the schedule', () => {
  test('reads all subjects of a rule in one call, soon after the start and then on its grid', async () => {
    const d = await detecting([aRule()], [aTarget('backend'), aTarget('frontend')]);
    await d.clock.advance(30 * SECOND);
    const first = d.source.reads[0]?.at ?? 0;
    expect(first - start).toBeLessThan(300);
    expect(d.source.reads.map(({ at, subjects }) => [at - first, subjects])).toEqual(
      [0, 10, 20, 30].map((s) => [s * SECOND, ['backend', 'frontend']]),
    );
  });

  test('spreads fifty rules over the first 300 ms, each at the same place at every start', async () => {
    const rules = Array.from({ length: 50 }, (_, index) => aRule({ id: `shop/r${index}` }));
    const offsets = async (): Promise<number[]> => {
      const d = await detecting(rules);
      return d.source.reads.map(({ at }) => at - start);
    };
    const once = await offsets();
    expect(once).toHaveLength(50);
    expect(new Set(once).size).toBeGreaterThan(30);
    expect(await offsets()).toEqual(once);
  });

  test('never reads a rule twice at once: ticks that pass during a slow read are skipped', async () => {
    const d = await detecting();
    d.source.takesMs = 25 * SECOND;
    const first = d.source.reads[0]?.at ?? 0;
    await d.clock.advance(70 * SECOND);
    expect(d.source.reads.map(({ at }) => (at - first) / SECOND)).toEqual([0, 10, 40, 70]);
    expect(d.source.reading).toBeLessThanOrEqual(1);
  });

  test('a slow source makes no other rule late', async () => {
    const d = await detecting([
      aRule(),
      aRule({ id: 'shop/other', source: { kind: 'series', options: {} } }),
    ]);
    d.source.takesMs = 25 * SECOND;
    await d.clock.advance(30 * SECOND);
    expect(d.series.reads).toHaveLength(4);
  });

  test('gives a read up after its limit, as an error of all subjects', async () => {
    const d = await detecting([aRule()], [aTarget('backend')], { readLimitMs: 4 * SECOND });
    d.source.takesMs = Infinity;
    await d.clock.advance(15 * SECOND);
    expect(d.evaluations.at(-1)?.readings.get('backend')).toMatchObject({
      kind: 'unknown',
      why: 'error',
      detail: 'fake did not answer within 4s',
    });
  });

  test('a source that throws, or leaves a subject out, is unknown and nothing else', async () => {
    const d = await detecting();
    d.source.throws = new Error('out of order');
    await d.clock.advance(10 * SECOND);
    expect(d.evaluations.at(-1)?.readings.get('backend')).toMatchObject({
      why: 'error',
      detail: 'out of order',
    });
    d.source.throws = null;
    d.source.says['backend'] = 'missing';
    await d.clock.advance(10 * SECOND);
    expect(d.evaluations.at(-1)?.readings.get('backend')).toMatchObject({ why: 'no_data' });
  });

  test('readings are dated with their grid point, so that `for: 1m` takes exactly seven of them', async () => {
    const d = await detecting();
    d.source.says['backend'] = 'B';
    d.source.takesMs = 300;
    const fires = (d.source.reads[0]?.at ?? 0) + 70 * SECOND + 300;
    await d.clock.advance(fires - 1 - d.clock.now());
    expect(d.told()).toEqual(['shop/errors backend critical pending']);
    await d.clock.advance(1);
    const fired = d.evaluations.at(-1);
    expect(d.told().at(-1)).toBe('shop/errors backend critical fired');
    expect((fired?.at ?? 0) - (fired?.readings.get('backend')?.at ?? 0)).toBe(300);
  });

  test('an evaluation that cannot be stored ends detection with its error', async () => {
    const d = await detecting();
    d.storeFails = new Error('the disk is full');
    await d.clock.advance(10 * SECOND);
    await expect(d.ended).rejects.toThrow('the disk is full');
    const reads = d.source.reads.length;
    await d.clock.advance(MINUTE);
    expect(d.source.reads).toHaveLength(reads);
  });

  test('stops in the middle of a read without waiting for it', async () => {
    const d = await detecting();
    d.source.takesMs = Infinity;
    await d.clock.advance(10 * SECOND);
    await d.stop();
    expect(d.evaluations).toHaveLength(1);
  });
});

describe('what is handed out to be stored', () => {
  test('is nothing while nothing changes', async () => {
    const d = await detecting();
    await d.clock.advance(10 * MINUTE);
    expect(d.evaluations).toHaveLength(61);
    expect(d.evaluations.slice(1).flatMap(({ watches }) => watches)).toEqual([]);
  });

  test('is every change, and ages of pending breaches at most every 5 s', async () => {
    const rule = aRule({ everyMs: SECOND, levels: [level('critical', above(0.5, MINUTE))] });
    const d = await detecting([rule]);
    d.source.says['backend'] = 'B';
    await d.clock.advance(20 * SECOND);
    const stored = d.evaluations.map(({ watches }) => watches.length);
    expect(stored.slice(1).join('')).toMatch(/^1(1?0{4})(10{4}){3}/);
    expect(stored.slice(1).filter((count) => count > 0).length).toBeLessThanOrEqual(6);
  });

  test('is enough to go on after a kill: pending goes on, what fires goes on firing', async () => {
    const d = await detecting();
    d.source.says['backend'] = 'B';
    await d.clock.advance(50 * SECOND);
    await d.stop();

    const again = new Detecting({ clock: d.clock });
    await again.clock.advance(10 * MINUTE);
    again.source.says['backend'] = 'B';
    again.detector.configure([aRule()], byName([aTarget('backend')]));
    again.detector.restore([...d.stored.values()], again.clock.now());
    expect(again.detector.troubled('backend')).toBe(true);
    again.start();
    await again.clock.advance(20 * SECOND + 300);
    expect(again.told()).toEqual(['shop/errors backend critical fired']);
    await again.stop();

    const third = new Detecting({ clock: d.clock });
    third.detector.restore([...again.stored.values()], third.clock.now());
    third.detector.configure([aRule()], byName([aTarget('backend')]));
    expect(third.detector.views('backend').map(({ armed }) => armed)).toEqual([true]);
    expect(firing(third)).toEqual(['critical']);
  });

  test('of a rule that was changed meanwhile is not used', async () => {
    const d = await detecting();
    d.source.says['backend'] = 'B';
    await d.clock.advance(MINUTE);
    await d.stop();
    const again = new Detecting({ clock: d.clock });
    again.detector.restore([...d.stored.values()], again.clock.now());
    again.detector.configure([aRule({ summary: 'changed' })], byName([aTarget('backend')]));
    expect(again.detector.troubled('backend')).toBe(false);
  });
});

describe('a new configuration', () => {
  test('keeps the state of rules that did not change', async () => {
    const d = await detecting();
    d.source.says['backend'] = 'B';
    await d.clock.advance(40 * SECOND);
    const gone = d.detector.configure(
      [aRule(), aRule({ id: 'shop/other', source: { kind: 'series', options: {} } })],
      byName([aTarget('backend'), aTarget('frontend')]),
    );
    expect(gone).toEqual([]);
    await d.clock.advance(30 * SECOND);
    expect(d.told()).toContain('shop/errors backend critical fired');
    expect(d.source.reads.at(-1)?.subjects).toEqual(['backend', 'frontend']);
    expect(d.series.reads.length).toBeGreaterThan(0);
  });

  test('gives back what was counted for a rule that is gone or changed, and starts it over unarmed', async () => {
    const d = await detecting([aRule(), aRule({ id: 'shop/other' })]);
    d.source.says['backend'] = 'B';
    await d.clock.advance(70 * SECOND);
    const gone = d.detector.configure([aRule({ summary: 'changed' })], byName([aTarget('backend')]));
    expect(gone.map(({ rule, change, detail }) => [rule, change, detail])).toEqual([
      ['shop/errors', 'forgiven', 'the rule shop/errors was changed'],
      ['shop/other', 'forgiven', 'the rule shop/other is gone from the configuration'],
    ]);
    const before = d.told().length;
    await d.clock.advance(10 * SECOND);
    expect(d.told().slice(before)).toEqual(['shop/errors backend critical pending (unarmed)']);
  });

  test('gives back what was counted for a target that is gone', async () => {
    const d = await detecting([aRule()], [aTarget('backend'), aTarget('frontend')]);
    d.source.says['backend'] = 'B';
    await d.clock.advance(20 * SECOND);
    const gone = d.detector.configure([aRule()], byName([aTarget('frontend')]));
    expect(gone.map(({ subject, change }) => [subject, change])).toEqual([['backend', 'forgiven']]);
    expect(d.detector.views('backend')).toEqual([]);
  });

  test('a rule that reads from no known source is refused, and nothing is changed', async () => {
    const d = await detecting();
    expect(() => d.detector.configure([aRule({ source: { kind: 'oracle', options: {} } })], {})).toThrow(
      'Rule shop/errors reads from oracle, and there is no such source here; there are fake, series.',
    );
    await d.clock.advance(10 * SECOND);
    expect(d.source.reads).toHaveLength(2);
  });

  test('applies rules to the targets that name their pack, and host rules once a host', async () => {
    const targets = [
      aTarget('backend'),
      aTarget('frontend'),
      aTarget('other', { packs: [] }),
      aTarget('far', { host: 'beta' }),
    ];
    const d = await detecting([aRule({ scope: 'host' })], targets);
    expect(d.source.reads[0]?.subjects).toEqual(['host:alpha', 'host:beta']);
  });
});

describe('arming', () => {
  test('by hand tells what fires already, once', async () => {
    const d = new Detecting();
    d.source.says['backend'] = 'B';
    d.detector.configure([aRule()], byName([aTarget('backend')]));
    d.start();
    await d.clock.advance(70 * SECOND);
    expect(d.told().at(-1)).toBe('shop/errors backend critical fired (unarmed)');
    const { watches, changes } = d.detector.arm('shop/errors', null, d.clock.now());
    expect(watches.map(({ armed }) => armed)).toEqual([true]);
    expect(changes).toMatchObject([{ change: 'fired', armed: true, at: d.clock.now(), detail: '90%' }]);
    expect(d.detector.arm('errors', 'backend', d.clock.now())).toEqual({ watches: [], changes: [] });
  });
});

describe('grace and deployments', () => {
  test('hold breaches of sources that see deployments, of no other', async () => {
    const d = await detecting([
      aRule(),
      aRule({ id: 'shop/other', source: { kind: 'series', options: {} } }),
    ]);
    d.source.seesDeploys = true;
    d.source.says['backend'] = 'B';
    d.series.says['backend'] = 'B';
    d.grace.add('backend');
    await d.clock.advance(2 * MINUTE);
    expect(d.told()).toEqual(['shop/other backend critical pending', 'shop/other backend critical fired']);
  });

  test('a breach that is held back is trouble all the same', async () => {
    const d = await detecting();
    d.source.seesDeploys = true;
    d.grace.add('backend');
    await d.clock.advance(10 * SECOND);
    expect(d.detector.troubled('backend')).toBe(false);
    d.source.says['backend'] = 'B';
    await d.clock.advance(10 * SECOND);
    expect(firing(d)).toEqual([]);
    expect(d.detector.troubled('backend')).toBe(true);
  });
});

describe('what others ask', () => {
  test('pending breaches start over on request', async () => {
    const d = await detecting();
    d.source.says['backend'] = 'B';
    await d.clock.advance(50 * SECOND);
    expect(d.detector.restartPending().map(({ levels }) => levels.critical?.phase)).toEqual(['clear']);
    expect(d.detector.troubled('backend')).toBe(false);
    expect(d.detector.restartPending()).toEqual([]);
    await d.clock.advance(60 * SECOND);
    expect(firing(d)).toEqual([]);
    await d.clock.advance(10 * SECOND);
    expect(firing(d)).toEqual(['critical']);
  });

  test('a critical rule reads ok only as long as its reading is not older than three intervals', async () => {
    const d = await detecting([aRule()], [aTarget('backend')]);
    expect(d.detector.criticalOk('backend', d.clock.now())).toBe(true);
    d.source.takesMs = Infinity;
    await d.clock.advance(29 * SECOND);
    expect(d.detector.criticalOk('backend', d.clock.now())).toBe(true);
    await d.clock.advance(2 * SECOND);
    expect(d.detector.criticalOk('backend', d.clock.now())).toBe(false);
    expect(d.detector.criticalOk('nobody', d.clock.now())).toBe(false);
  });

  test('a breaching or unknown reading, or a rule without a critical level, is not ok', async () => {
    const d = await detecting([aRule({ levels: [level('medium', above(0.5, 0))] })]);
    expect(d.detector.criticalOk('backend', d.clock.now())).toBe(false);
    const other = await detecting();
    for (const letter of ['B', '?', 'E', 'i']) {
      other.source.says['backend'] = letter;
      await other.clock.advance(10 * SECOND);
      expect(other.detector.criticalOk('backend', other.clock.now())).toBe(false);
    }
  });

  test('targets that fired or became unknown are affected', async () => {
    const names = ['one', 'two', 'three', 'four'];
    const d = await detecting(
      [aRule({ levels: [level('critical', above(0.5, 0))] })],
      names.map((n) => aTarget(n)),
    );
    const before = d.clock.now();
    d.source.says['one'] = 'B';
    d.source.says['two'] = 'E';
    d.source.says['three'] = 'i';
    await d.clock.advance(10 * SECOND);
    expect(d.detector.affected(before)).toEqual(new Set(['one', 'two']));
    await d.clock.advance(3 * MINUTE);
    expect(d.detector.affected(d.clock.now() - 2 * MINUTE)).toEqual(new Set());
  });

  test('a rule in shadow is no trouble, and a witness all the same', async () => {
    const shadow = aRule({ id: 'shop/shadow', mode: 'shadow', levels: [level('critical', above(0.5, 0))] });
    const d = await detecting([shadow], [aTarget('backend')]);
    expect(d.detector.criticalOk('backend', d.clock.now())).toBe(true);
    const before = d.clock.now();
    d.source.says['backend'] = 'B';
    await d.clock.advance(20 * SECOND);
    expect(firing(d)).toEqual(['critical']);
    expect(d.detector.troubled('backend')).toBe(false);
    expect(d.detector.affected(before)).toEqual(new Set());
  });

  test('a rule is shown with its reading, its progress and its condition', async () => {
    const d = await detecting([aRule({ levels: [level('critical', above(0.5, MINUTE))] })]);
    d.source.says['backend'] = 'B';
    await d.clock.advance(50 * SECOND);
    const [view] = d.detector.views('backend');
    expect(view).toMatchObject({
      rule: 'shop/errors',
      subject: 'backend',
      verdict: 'breach',
      detail: '90%',
      armed: true,
      silenced: false,
      levels: [
        { severity: 'critical', condition: 'above 50% for 1m', phase: 'pending', progress: '40s of 1m' },
      ],
    });
    d.source.says['backend'] = '?';
    await d.clock.advance(10 * SECOND);
    expect(d.detector.views('backend')[0]?.verdict).toBe('no_data');
  });

  test('a pair that never had data is shown as never seen', async () => {
    const d = new Detecting();
    d.source.says['backend'] = '?';
    d.detector.configure([aRule()], byName([aTarget('backend')]));
    expect(d.detector.views('backend')[0]?.verdict).toBe('not_read');
    d.start();
    await d.clock.advance(300);
    expect(d.detector.views('backend')[0]?.verdict).toBe('never_seen');
  });

  test('series of unknown targets and times of evaluations are known by rule', async () => {
    const d = await detecting([
      aRule({ source: { kind: 'series', options: {} } }),
      aRule({ id: 'shop/other' }),
    ]);
    expect(d.detector.unknownSeries()).toEqual({ 'shop/errors': 3 });
    expect([...d.detector.lastEvaluations().keys()]).toEqual(['shop/errors', 'shop/other']);
  });
});
