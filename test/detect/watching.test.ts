import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { wordLevel, wordReading } from '../../src/detect/wording.ts';
import { start } from '../fakes/clock.ts';
import { above, aRule, comparison, level, Tracing, tracing } from './tracing.ts';

describe('levels', () => {
  const ladder = {
    levels: [level('critical', above(0.5, MINUTE)), level('medium', above(0.1, 20 * SECOND))],
  };

  test('share one reading, each with its own count', () => {
    const traced = tracing(ladder);
    expect(traced.see('---', 'medium')).toBe('ppF');
    expect(traced.see('BBBBBBB', 'critical')).toBe('ppppppF');
    expect(traced.told()).toEqual(['medium pending', 'medium fired', 'critical pending', 'critical fired']);
  });

  test('are told with their condition as it is written', () => {
    const levels = [
      level('high', above(0.1, 0)),
      level('critical', { failures: 2 }, { whileDeploying: true }),
      level('medium', above(0.1, 90 * SECOND)),
    ];
    expect(levels.map(wordLevel)).toEqual([
      'above 10%',
      '2 failures in a row while deploying',
      'above 10% for 1m30s',
    ]);
  });

  test('show a plain number in the unit of their threshold', () => {
    const high = level('high', above(0.1, 0));
    const read = (detail: string): string =>
      wordReading({ kind: 'value', at: start, value: 0.625, detail }, high);
    expect(read('0.625')).toBe('62.5%');
    expect(read('62.5% (5 of 8)')).toBe('62.5% (5 of 8)');
  });
});

describe('arming', () => {
  test('a rule that breaches at its first reading fires unarmed', () => {
    const traced = new Tracing(aRule());
    expect(traced.see('BBBBBBB')).toBe('ppppppF');
    expect(traced.told()).toEqual(['critical pending (unarmed)', 'critical fired (unarmed)']);
  });

  test('unknown readings before it do not make the first reading another one', () => {
    const traced = new Tracing(aRule());
    traced.see('??EiB');
    expect(traced.watch.armed).toBe(false);
  });

  test('is confirmed by one reading that is ok, which ends what fired before', () => {
    const traced = new Tracing(aRule());
    expect(traced.see('BBBBBBB.')).toBe('ppppppFc');
    expect(traced.watch.armed).toBe(true);
    expect(traced.told().at(-1)).toBe('critical recovered (unarmed)');
    expect(traced.see('BBBBBBB')).toBe('ppppppF');
    expect(traced.told().at(-1)).toBe('critical fired');
  });

  test('is not confirmed while another level still breaches', () => {
    const levels = [level('critical', above(0.5, 0)), level('medium', above(0.1, 0))];
    const traced = new Tracing(aRule({ levels }));
    traced.see('B-----');
    expect(traced.watch.armed).toBe(false);
  });

  test('is not confirmed by what is unknown, even where that is declared ok', () => {
    const traced = new Tracing(aRule({ onNoData: 'ok', onError: 'ok' }));
    traced.see('B??EE');
    expect(traced.watch.armed).toBe(false);
  });

  test('survives a restart', () => {
    const traced = new Tracing(aRule());
    traced.see('B');
    traced.restart(MINUTE).see('BBBBBBB');
    expect(traced.told().at(-1)).toBe('critical fired (unarmed)');
  });

  test('a rule that once read ok is armed at its first breach', () => {
    const traced = tracing();
    traced.see('BBBBBBB');
    expect(traced.told()).toEqual(['critical pending', 'critical fired']);
  });

  test('a breach during grace is no first reading', () => {
    const traced = new Tracing(aRule());
    traced.inGrace = true;
    traced.see('BB');
    traced.inGrace = false;
    traced.see('B');
    expect(traced.watch.armed).toBe(false);
  });
});

describe('what is unknown', () => {
  test('counts as a breach where the rule says so', () => {
    expect(tracing({ onNoData: 'breach' }).see('???????')).toBe('ppppppF');
    expect(tracing({ onError: 'breach' }).see('EEEEEEE')).toBe('ppppppF');
  });

  test('counts as ok where the rule says so', () => {
    expect(tracing({ onNoData: 'ok' }).see('BBB?')).toBe('pppc');
    expect(tracing({ onError: 'ok' }).see('BBBE')).toBe('pppc');
  });

  test('is held where only the other kind of it is declared', () => {
    expect(tracing({ onNoData: 'breach' }).see('EE')).toBe('cc');
    expect(tracing({ onError: 'breach' }).see('??')).toBe('cc');
  });

  test('too little traffic is always held', () => {
    expect(tracing({ onNoData: 'breach', onError: 'breach' }).see('iiiiiii')).toBe('ccccccc');
  });

  test('of a pair that never had data is held, whatever the rule says', () => {
    const traced = new Tracing(aRule({ onNoData: 'breach', onError: 'breach' }));
    expect(traced.see('?E?E?E?E')).toBe('cccccccc');
  });
});

describe('grace', () => {
  const probes = { levels: [level('critical', { failures: 2 })] };

  test('holds breaching readings: they neither count nor reset', () => {
    const traced = tracing(probes, 'o');
    traced.see('X');
    traced.inGrace = true;
    expect(traced.see('XXXXXX')).toBe('pppppp');
    traced.inGrace = false;
    expect(traced.see('X')).toBe('F');
  });

  test('lets ok readings through', () => {
    const traced = tracing(probes, 'o');
    traced.see('X');
    traced.inGrace = true;
    expect(traced.see('Xo')).toBe('pc');
  });

  test('time in it does not age a breach', () => {
    const traced = tracing();
    traced.see('BBB');
    traced.inGrace = true;
    traced.see('BBBBBB');
    traced.inGrace = false;
    expect(traced.see('BBBBB')).toBe('ppppF');
  });
});

describe('levels that are valid while deploying', () => {
  const deploying = { levels: [level('critical', above(0.1, 20 * SECOND), { whileDeploying: true })] };

  test('breach only then', () => {
    const traced = tracing(deploying);
    expect(traced.see('BBBB')).toBe('cccc');
    traced.deploying = true;
    expect(traced.see('BBB')).toBe('ppF');
  });

  test('are forgiven when the deployment ends', () => {
    const traced = tracing(deploying);
    traced.deploying = true;
    traced.see('BB');
    traced.deploying = false;
    expect(traced.see('B')).toBe('c');
  });

  test('that fire recover as if they read well, or only by `recover` where there is one', () => {
    const plain = tracing(deploying);
    plain.deploying = true;
    plain.see('BBB');
    plain.deploying = false;
    expect(plain.see('BBB')).toBe('rrc');

    const strict = tracing({ ...deploying, recover: { comparison: comparison('below', 0.05), forMs: 0 } });
    strict.deploying = true;
    strict.see('BBB');
    strict.deploying = false;
    expect(strict.see('BBB.')).toBe('FFFc');
  });
});

describe('how long a pair is unknown', () => {
  test('is counted from the first unknown reading after one that said something', () => {
    const traced = tracing();
    traced.see('B???');
    expect(traced.watch.unknownSince).toBe(start + 20 * SECOND);
    traced.see('.');
    expect(traced.watch.unknownSince).toBeNull();
  });

  test('does not begin with a pair that never had data, unless the source itself fails', () => {
    const traced = new Tracing(aRule());
    traced.see('???');
    expect(traced.watch.unknownSince).toBeNull();
    traced.see('E');
    expect(traced.watch.unknownSince).toBe(start + 30 * SECOND);
  });

  test('is not counted for too little traffic, nor where the rule explains the absence', () => {
    const quiet = tracing();
    quiet.see('iii');
    expect(quiet.watch.unknownSince).toBeNull();
    const explained = tracing({ onNoData: 'ok' });
    explained.see('???');
    expect(explained.watch.unknownSince).toBeNull();
  });

  test('does not grow while the daemon is down', () => {
    const traced = tracing();
    traced.see('??');
    traced.restart(10 * MINUTE);
    expect(traced.watch.unknownSince).toBe(traced.at);
  });
});
