import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { above, comparison, level, tracing } from './tracing.ts';

// Every 10 s; critical is above 50 % for 1 m, unless the case says otherwise.

describe('`for`', () => {
  test('fires at the reading with which the intervals between breaching readings add up to it', () => {
    expect(tracing().see('BBBBBBBB')).toBe('ppppppFF');
  });

  test('starts over at a reading that is ok', () => {
    expect(tracing().see('BBBBBB.BBBBBBB')).toBe('ppppppcppppppF');
  });

  test('does not grow by time that touches an unknown reading', () => {
    expect(tracing().see('BBB?BBBBB')).toBe('ppppppppF');
    expect(tracing().see('BBBEEBBBBB')).toBe('pppppppppF');
  });

  test('never fires on breaching readings that stand alone between unknown ones', () => {
    expect(tracing().see('B?'.repeat(60))).toBe('p'.repeat(120));
  });

  test('counts the real time between readings, also when ticks were skipped', () => {
    const traced = tracing();
    traced.see('B');
    expect(traced.wait(20 * SECOND).see('B')).toBe('p');
    expect(traced.see('BBB')).toBe('ppF');
  });

  test('starts over after more than three intervals without a good reading', () => {
    expect(tracing().see('BBBBBB??BB')).toBe('pppppppppF');
    expect(tracing().see('BBBBBB???BBBBBBB')).toBe('pppppppppppppppF');
  });

  test('is given up, and told so, while nothing can be seen', () => {
    const traced = tracing();
    expect(traced.see('BBB????')).toBe('ppppppc');
    expect(traced.told()).toEqual(['critical pending', 'critical forgiven']);
  });

  test('of 0s fires at the first breaching reading', () => {
    expect(tracing({ levels: [level('critical', above(0.5, 0))] }).see('.B')).toBe('cF');
  });

  test('shorter than an interval still takes two breaching readings', () => {
    expect(tracing({ levels: [level('critical', above(0.5, 5 * SECOND))] }).see('BB')).toBe('pF');
  });

  test('says since when, how long, and at which reading', () => {
    const traced = tracing();
    traced.see('BBBBBBB');
    expect(traced.changes.at(-1)).toEqual({
      rule: 'shop/errors',
      subject: 'backend',
      severity: 'critical',
      change: 'fired',
      at: start + 70 * SECOND,
      since: start + 10 * SECOND,
      detail: '90%',
      condition: 'above 50% for 1m',
      armed: true,
    });
  });
});

describe('`failures`', () => {
  const probes = { levels: [level('critical', { failures: 2 })] };

  test('counts consecutive failed probes, whatever time passes between them', () => {
    expect(tracing(probes, 'o').see('XoXX')).toBe('pcpF');
  });

  test('is neither counted nor reset by unknown probes', () => {
    expect(tracing(probes, 'o').see('XE?X')).toBe('pppF');
  });

  test('starts over after more than three intervals without a probe that says anything', () => {
    expect(tracing(probes, 'o').see('XEEEXX')).toBe('pppppF');
  });

  test('recovers after as many passed probes, two at least', () => {
    expect(tracing(probes, 'o').see('XXoo')).toBe('pFrc');
    expect(tracing({ levels: [level('critical', { failures: 3 })] }, 'o').see('XXXooo')).toBe('ppFrrc');
    expect(tracing({ levels: [level('critical', { failures: 1 })] }, 'o').see('Xoo')).toBe('Frc');
  });

  test('a value where a probe was expected is an error, not a failure', () => {
    expect(tracing(probes, 'o').see('BBBB')).toBe('cccc');
  });
});

describe('recovering without `recover`', () => {
  test('takes as long as firing did', () => {
    const traced = tracing();
    expect(traced.see('BBBBBBB.......B')).toBe('ppppppFrrrrrrcp');
    expect(traced.told()).toEqual([
      'critical pending',
      'critical fired',
      'critical recovering',
      'critical recovered',
      'critical pending',
    ]);
  });

  test('starts over at a breaching reading', () => {
    expect(tracing().see('BBBBBBB......B.......')).toBe('ppppppFrrrrrrFrrrrrrc');
  });

  test('does not grow by time that touches an unknown reading', () => {
    expect(tracing().see('BBBBBBB...?.....')).toBe('ppppppFrrrrrrrrc');
  });

  test('takes two readings where the level fires at once', () => {
    expect(tracing({ levels: [level('critical', above(0.5, 0))] }).see('B..')).toBe('Frc');
  });

  test('nothing seen is no recovery, however long', () => {
    expect(tracing().see(`BBBBBBB${'?'.repeat(100)}`)).toMatch(/^ppppppF+$/);
  });

  test('starts over after more than three intervals without a good reading', () => {
    expect(tracing().see('BBBBBBB......???.......')).toBe('ppppppFrrrrrrrrrrrrrrrc');
  });
});

describe('recovering with `recover`', () => {
  const hysteresis = { recover: { comparison: comparison('below', 0.05), forMs: 30 * SECOND } };

  test('takes readings that satisfy it, for as long as it says', () => {
    expect(tracing(hysteresis).see('BBBBBBB....')).toBe('ppppppFrrrc');
  });

  test('a reading in between neither breaches nor recovers, and the recovery starts over', () => {
    expect(tracing(hysteresis).see('BBBBBBB----..-....')).toBe('ppppppFFFFFrrFrrrc');
  });

  test('with `for: 0s` takes one reading', () => {
    const atOnce = { recover: { comparison: comparison('below', 0.05), forMs: 0 } };
    expect(tracing(atOnce).see('BBBBBBB-.')).toBe('ppppppFFc');
  });

  test('a reading that breaches never recovers, even if it satisfies `recover` too', () => {
    const wrong = { recover: { comparison: comparison('below', 0.95), forMs: 0 } };
    expect(tracing(wrong).see('BBBBBBBBB')).toBe('ppppppFFF');
  });
});

describe('a restart', () => {
  test('keeps what was counted; the time while the daemon was down counts for nothing', () => {
    const traced = tracing();
    traced.see('BBBB');
    expect(traced.restart(10 * MINUTE).see('BBBB')).toBe('pppF');
  });

  test('leaves a firing level firing', () => {
    const traced = tracing();
    traced.see('BBBBBBB');
    expect(traced.restart(10 * MINUTE).see('?.')).toBe('Fr');
    expect(traced.told()).toEqual(['critical pending', 'critical fired', 'critical recovering']);
  });

  test('does not count the down time towards recovering either', () => {
    const traced = tracing();
    traced.see('BBBBBBB...');
    expect(traced.restart(10 * MINUTE).see('.....')).toBe('rrrrc');
  });

  test('survives a machine clock that was set back', () => {
    const traced = tracing();
    traced.see('BBBB');
    expect(traced.restart(-60 * MINUTE).see('BBBB')).toBe('pppF');
  });
});
