import { describe, expect, test } from 'vitest';
import { RollbackError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { logEntry, openLog, type DaemonLog, type LogLevel } from '../../src/record/log.ts';
import { Scrubber } from '../../src/record/scrubber.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { entry } from '../store/samples.ts';

function capture(level: LogLevel = 'info'): {
  log: DaemonLog;
  lines: string[];
  scrubber: Scrubber;
  clock: SimulatedClock;
} {
  const lines: string[] = [];
  const [scrubber, clock] = [new Scrubber(), new SimulatedClock()];
  const log = openLog({ level, clock, scrubber, write: (line) => lines.push(line) });
  return { log, lines, scrubber, clock };
}

describe('a line of the log', () => {
  test('is one JSON object with level, wall time, facts and message', () => {
    const { log, lines, clock } = capture();
    clock.jump(1_000);
    log.info({ target: 'shop' }, 'deployed');

    expect(lines).toEqual([
      '{"level":"info","time":"2026-01-05T12:00:01.000Z","target":"shop","msg":"deployed"}\n',
    ]);
  });

  test('of a transition has its message and its reason once, with what it belongs to', () => {
    const { log, lines } = capture();
    logEntry(log, entry(1));
    logEntry(log, entry(2, { incident: null, target: null, type: 'clock_jump', facts: {} }));

    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'info',
        time: '2026-01-05T12:00:00.000Z',
        type: 'incident.opened',
        incident: 'i-1',
        target: 'shop',
        facts: { count: 1, severity: 'critical' },
        msg: 'fact 1',
      },
      { level: 'warn', time: '2026-01-05T12:00:00.000Z', type: 'clock_jump', facts: {}, msg: 'fact 2' },
    ]);
  });

  test.each([
    ['effect.failed', 'warn'],
    ['incident.handed_over', 'warn'],
    ['journal.broken', 'warn'],
    ['rule.unarmed', 'warn'],
    ['effect.done', 'info'],
    ['command.unhalt', 'info'],
  ])('of a transition %s is a matter of %s', (type, level) => {
    const { log, lines } = capture();
    logEntry(log, entry(1, { type }));

    expect((JSON.parse(lines[0] ?? '') as { level: string }).level).toBe(level);
  });

  test('is left out below the level', () => {
    const { log, lines } = capture('warn');
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({ error: new RollbackError('TIMED_OUT', 'no answer', { url: 'http://x' }) }, 'd');

    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['c', 'd']);
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      error: { code: 'TIMED_OUT', message: 'no answer', facts: { url: 'http://x' } },
    });
  });
});

describe('secrets', () => {
  const canary = 'c4n"a\\ry /+ü';

  test.each([
    ['in a message', (log: DaemonLog) => log.info({}, `token ${canary} refused`)],
    ['in a fact', (log: DaemonLog) => log.info({ deep: [{ token: canary }] }, 'x')],
    ['as a key', (log: DaemonLog) => log.info({ [canary]: 1 }, 'x')],
    ['in JSON inside JSON', (log: DaemonLog) => log.info({ body: JSON.stringify({ token: canary }) }, 'x')],
    ['in a URL', (log: DaemonLog) => log.info({ url: `http://x/?token=${encodeURIComponent(canary)}` }, 'x')],
    ['in base64', (log: DaemonLog) => log.info({ header: Buffer.from(canary).toString('base64') }, 'x')],
    ['in an error and its stack', (log: DaemonLog) => log.error({ error: new Error(`bad ${canary}`) }, 'x')],
    [
      'in the cause of an error',
      (log: DaemonLog) => log.error({ error: new Error('outer', { cause: new Error(canary) }) }, 'x'),
    ],
  ])('do not appear %s', (_, write) => {
    const { log, lines, scrubber } = capture();
    scrubber.know([new Secret(canary)]);
    write(log);

    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('[secret]');
    expect(JSON.stringify(JSON.parse(lines[0] ?? ''))).not.toMatch(/c4n|ry \/|YzRu/);
  });

  test('stay known after others are learnt', () => {
    const scrubber = new Scrubber();
    scrubber.know([new Secret('first-token')]);
    scrubber.know(['second-token']);

    expect(scrubber.scrub('first-token second-token third')).toBe('[secret] [secret] third');
  });

  test('that contain one another go whole', () => {
    const scrubber = new Scrubber();
    scrubber.know(['hunter', 'hunter22']);

    expect(scrubber.scrub('hunter22, hunter')).toBe('[secret], [secret]');
  });

  test('of less than four characters are left alone, so that lines stay readable', () => {
    const scrubber = new Scrubber();
    scrubber.know(['', 'abc']);

    expect(scrubber.scrub('abc of alphabets')).toBe('abc of alphabets');
  });
});
