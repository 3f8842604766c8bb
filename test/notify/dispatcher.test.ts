import { afterEach, describe, expect, test } from 'vitest';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Channel, Delivery, Message } from '../../src/domain/ports/channel.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { OutboxRow, Store } from '../../src/domain/ports/store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import type { DeliveryWatch } from '../../src/notify/channel-queue.ts';
import { backoffMs } from '../../src/notify/backoff.ts';
import { Dispatcher } from '../../src/notify/dispatcher.ts';
import { logChannel } from '../../src/notify/log-channel.ts';
import { slackWebhookChannel } from '../../src/notify/slack/webhook-channel.ts';
import { settle, SimulatedClock } from '../fakes/clock.ts';
import { RecordedLog } from '../fakes/log.ts';
import { aMessage, first } from './messages.ts';
import { slackServer } from './slack-server.ts';

/** The outbox of a store, in memory. Rows stay when a dispatcher goes. */
class Outbox implements Pick<Store, 'due' | 'sent' | 'retryAt'> {
  readonly rows: (OutboxRow & { isSent: boolean })[] = [];
  failing = 0;

  put(given: Partial<Message>): void {
    const seq = this.rows.length + 1;
    const key = `m${seq}`;
    this.rows.push({
      ...aMessage({ key, title: key, ...given }),
      seq,
      attempts: 0,
      nextAt: 0,
      isSent: false,
    });
  }

  async due(channel: string, _: number, limit: number): Promise<readonly OutboxRow[]> {
    const waiting = this.rows.filter((row) => !row.isSent && row.channel === channel);
    const lanes = [...Map.groupBy(waiting, ({ incident }) => incident).values()];
    return lanes
      .toSorted((a, b) => Number(b.some(({ urgent }) => urgent)) - Number(a.some(({ urgent }) => urgent)))
      .flat()
      .slice(0, limit)
      .map((row) => ({ ...row }));
  }

  async sent(seq: number): Promise<void> {
    if (this.failing-- > 0) throw new RollbackError('STORE_CONFLICT', 'the store is busy');
    this.#change(seq, { isSent: true });
  }

  async retryAt(seq: number, nextAt: number): Promise<void> {
    const { attempts = 0 } = this.rows.find((row) => row.seq === seq) ?? {};
    this.#change(seq, { nextAt, attempts: attempts + 1 });
  }

  waiting(): string[] {
    return this.rows.filter((row) => !row.isSent).map(({ key }) => key);
  }

  #change(seq: number, change: Partial<OutboxRow & { isSent: boolean }>): void {
    const index = this.rows.findIndex((row) => row.seq === seq);
    this.rows[index] = { ...this.rows[index]!, ...change };
  }
}

/** A channel that keeps what it was sent, with the time since the start, and fails as told. */
class Tape implements Channel {
  readonly log: string[] = [];
  /** What the next sendings end with, whatever they are. */
  readonly failures: Error[] = [];
  /** What sending certain messages always ends with, by title. */
  readonly faults = new Map<string, Error>();
  readonly doubts: boolean[] = [];
  joins = 1;
  readonly name: string;
  readonly #clock: SimulatedClock;
  readonly #startedAt: number;

  constructor(name: string, clock: SimulatedClock) {
    this.name = name;
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  async send(messages: readonly [Message, ...(readonly Message[])], { inDoubt }: Delivery): Promise<void> {
    const titles = messages.map(({ title }) => title).join('+');
    const failure = this.failures.shift() ?? this.faults.get(titles);
    const second = (this.#clock.now() - this.#startedAt) / SECOND;
    this.log.push(`${second}s ${titles}${failure === undefined ? '' : ' failed'}`);
    this.doubts.push(inDoubt);
    if (failure !== undefined) throw failure;
  }
}

const running: AbortController[] = [];

afterEach(() => {
  onCrashPoint(() => {});
  for (const stop of running.splice(0)) stop.abort();
});

function dispatching(names: readonly string[] = ['slack']) {
  const clock = new SimulatedClock();
  const outbox = new Outbox();
  const log = new RecordedLog();
  const told: string[] = [];
  const watch: DeliveryWatch = {
    failing: (channel, since, reason) =>
      told.push(`${channel} failing since ${since - clock.now()}: ${reason}`),
    recovered: (channel) => told.push(`${channel} recovered`),
    givenUp: (channel, { key }, reason) => told.push(`${channel} gave up ${key}: ${reason}`),
  };
  const tapes = names.map((name) => new Tape(name, clock));
  const begin = () => {
    const dispatcher = new Dispatcher({ store: outbox, channels: tapes, clock, log, watch, chance: () => 0 });
    const stop = new AbortController();
    running.push(stop);
    const ended = dispatcher.start(stop.signal);
    return { dispatcher, stop, ended };
  };
  const [slack = new Tape('slack', clock)] = tapes;
  return { clock, outbox, log, tapes, slack, told, watch, begin };
}

const refused = () => new RollbackError('REFUSED', 'HTTP 403: invalid_token');
const down = () =>
  new RollbackError('UNREACHABLE', 'Slack answered a post with HTTP 500; it will be posted again');

test('messages go out in order, and a new one at once when the dispatcher is woken', async () => {
  const { outbox, slack, begin } = dispatching();
  outbox.put({});
  outbox.put({});
  const { dispatcher } = begin();
  await settle();
  outbox.put({});
  await settle();
  expect(slack.log).toEqual(['0s m1', '0s m2']);

  dispatcher.wake();
  await settle();

  expect(slack.log).toEqual(['0s m1', '0s m2', '0s m3']);
  expect(outbox.waiting()).toEqual([]);
});

test('without being woken it finds a message within five seconds', async () => {
  const { clock, outbox, slack, begin } = dispatching();
  begin();
  await clock.advance(1 * SECOND);
  outbox.put({});
  await clock.advance(4 * SECOND);

  expect(slack.log).toEqual(['5s m1']);
});

test('a message that fails is tried again ever more slowly, and later ones wait for it', async () => {
  const { clock, outbox, slack, begin } = dispatching();
  slack.failures.push(down(), down(), down());
  outbox.put({});
  outbox.put({});
  const { dispatcher } = begin();
  await clock.advance(3 * SECOND);
  dispatcher.wake();
  await clock.advance(10 * SECOND);

  expect(slack.log).toEqual(['0s m1 failed', '1s m1 failed', '3s m1 failed', '7s m1', '7s m2']);
});

test('it does not come before the other side said', async () => {
  const { clock, outbox, slack, begin } = dispatching();
  slack.failures.push(new RollbackError('UNREACHABLE', 'HTTP 429', { retryAfterMs: 90 * SECOND }));
  outbox.put({});
  begin();
  await clock.advance(2 * MINUTE);

  expect(slack.log).toEqual(['0s m1 failed', '90s m1']);
});

test('it never gives up a channel: after many failures it still tries every minute, and says so each time', async () => {
  const { clock, outbox, slack, log, begin } = dispatching();
  slack.failures.push(...Array.from({ length: 99 }, () => refused()));
  outbox.put({});
  begin();
  await clock.advance(1 * HOUR);
  const tries = slack.log.length;
  await clock.advance(3 * MINUTE);

  expect(slack.log.length).toBe(tries + 3);
  expect(log.lines.length).toBe(tries + 3);
  expect(log.lines[0]).toBe(
    'warn a message to slack was not sent; the next try is in 1s {"channel":"slack","message":"m1","incident":"i-7k3f9a","attempts":1,"error":"HTTP 403: invalid_token"}',
  );
  expect(log.lines.at(-1)).toContain('the next try is in 1m {');
  expect(outbox.waiting()).toEqual(['m1']);
});

test('chance takes up to half of each wait', async () => {
  expect([0, 1, 2, 30].map((failures) => [backoffMs(failures, 0), backoffMs(failures, 1)])).toEqual([
    [1_000, 500],
    [2_000, 1_000],
    [4_000, 2_000],
    [60_000, 30_000],
  ]);
});

describe('between incidents', () => {
  test('one with something urgent overtakes a long queue, and keeps its own order', async () => {
    const { outbox, slack, begin } = dispatching();
    for (const incident of ['i-a', 'i-b', 'i-c']) outbox.put({ incident });
    outbox.put({ incident: 'i-b' });
    outbox.put({ incident: 'i-b', urgent: true });
    begin();
    await settle();

    expect(slack.log).toEqual(['0s m2', '0s m4', '0s m5', '0s m1', '0s m3']);
  });

  test('a message that the other side refuses holds up its own incident only, and that not for ever', async () => {
    const { clock, outbox, slack, told, log, begin } = dispatching();
    slack.faults.set('m1', refused());
    outbox.put({ incident: 'i-a', urgent: true });
    outbox.put({ incident: 'i-a' });
    outbox.put({ incident: 'i-b' });
    begin();
    await clock.advance(2 * MINUTE);

    expect(slack.log).toEqual([
      '0s m1 failed',
      '0s m3',
      ...['1s', '3s', '7s', '15s', '31s'].map((time) => `${time} m1 failed`),
      '31s m2',
      '31s m1 failed',
    ]);
    expect(outbox.waiting()).toEqual([]);
    expect(told).toEqual(['slack gave up m1: HTTP 403: invalid_token']);
    expect(log.lines.at(-1)).toBe(
      'error a message to slack was given up: others get through, this one does not {"channel":"slack","message":"m1","incident":"i-a","attempts":7,"error":"HTTP 403: invalid_token"}',
    );
  });

  test('a channel that refuses everything loses nothing: once it takes one, it is offered them all', async () => {
    const { clock, outbox, slack, told, begin } = dispatching();
    slack.failures.push(...Array.from({ length: 40 }, refused));
    for (const incident of ['i-a', 'i-a', 'i-b']) outbox.put({ incident });
    begin();
    await clock.advance(1 * HOUR);

    expect(outbox.waiting()).toEqual([]);
    const through = slack.log.filter((line) => !line.endsWith('failed')).map((line) => line.split(' ')[1]);
    expect(new Set(through)).toEqual(new Set(['m1', 'm2', 'm3']));
    expect(told.filter((line) => line.includes('gave up'))).toEqual([]);
  });

  test('a message at which the other side always breaks does not keep others waiting', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    slack.faults.set('m1', down());
    outbox.put({ incident: 'i-a', urgent: true });
    const { dispatcher } = begin();
    await clock.advance(10 * MINUTE);
    for (let count = 2; count <= 5; count++) outbox.put({ incident: `i-${count}` });
    dispatcher.wake();
    await clock.advance(1 * MINUTE);

    expect(outbox.waiting()).toEqual(['m1']);
  });

  test('such a message is given up after an hour in which others got through', async () => {
    const { clock, outbox, slack, told, begin } = dispatching();
    slack.faults.set('m1', down());
    outbox.put({ incident: 'i-a' });
    const { dispatcher } = begin();
    for (let minute = 0; minute < 130; minute++) {
      outbox.put({ incident: 'i-b' });
      dispatcher.wake();
      await clock.advance(1 * MINUTE);
    }

    expect(told).toEqual(['slack gave up m1: Slack answered a post with HTTP 500; it will be posted again']);
    expect(outbox.waiting()).toEqual([]);
  });

  test('after an outage urgent ones do not wait for their next turn', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    slack.failures.push(...Array.from({ length: 20 }, down));
    outbox.put({ incident: 'i-a', urgent: true });
    outbox.put({ incident: 'i-b' });
    begin();
    await clock.advance(1 * HOUR);
    const through = slack.log.filter((line) => !line.endsWith('failed'));

    expect(new Set(through.map((line) => line.split(' ')[0])).size).toBe(1);
    expect(through.length).toBe(2);
  });
});

describe('after the other side asked for patience', () => {
  const throttled = () => new RollbackError('UNREACHABLE', 'HTTP 429', { retryAfterMs: 30 * SECOND });

  test('what waits of an incident goes together, as far as the channel takes it', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    slack.joins = 3;
    slack.failures.push(throttled());
    for (const incident of ['i-a', 'i-a', 'i-b', 'i-a', 'i-a']) outbox.put({ incident });
    begin();
    await clock.advance(1 * MINUTE);

    expect(slack.log).toEqual(['0s m1 failed', '30s m3', '30s m1+m2+m4', '30s m5']);
    expect(outbox.waiting()).toEqual([]);
  });

  test('messages of no incident go one by one', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    slack.joins = 3;
    slack.failures.push(throttled());
    outbox.put({ incident: null });
    outbox.put({ incident: null });
    begin();
    await clock.advance(1 * MINUTE);

    expect(slack.log).toEqual(['0s m1 failed', '30s m1', '30s m2']);
  });

  test('nobody comes before, urgent or not', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    slack.failures.push(throttled());
    outbox.put({ incident: 'i-a' });
    const { dispatcher } = begin();
    await settle();
    outbox.put({ incident: 'i-b', urgent: true });
    dispatcher.wake();
    await clock.advance(1 * MINUTE);

    expect(slack.log).toEqual(['0s m1 failed', '30s m2', '30s m1']);
  });
});

describe('in doubt', () => {
  test('is what waited when the dispatcher started, and whatever was tried before', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    outbox.put({});
    begin();
    await settle();
    await clock.advance(1 * SECOND);
    outbox.put({ at: clock.now() });
    slack.failures.push(down());
    await clock.advance(10 * SECOND);

    expect(slack.log).toEqual(['0s m1', '5s m2 failed', '6s m2']);
    expect(slack.doubts).toEqual([true, false, true]);
  });

  test('is what was sent and not marked when the daemon was killed, also if something urgent goes before it now', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    outbox.put({ incident: 'i-a' });
    const kill = new AbortController();
    onCrashPoint(() => kill.abort());
    outbox.failing = 1;
    const { stop } = begin();
    await settle();
    expect(kill.signal.aborted).toBe(true);
    stop.abort();
    onCrashPoint(() => {});
    outbox.put({ incident: 'i-b', urgent: true });
    begin();
    await clock.advance(10 * SECOND);

    expect(slack.log).toEqual(['0s m1', '0s m2', '0s m1']);
    expect(slack.doubts).toEqual([true, true, true]);
  });

  test('is what comes from a time that is still to come: the clock was set back since', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    outbox.put({ at: clock.now() + HOUR });
    begin();
    await settle();

    expect(slack.doubts).toEqual([true]);
  });
});

describe('when the clock was set back by a day while the daemon was away', () => {
  test('what was never tried goes out at once, and what failed before too', async () => {
    const { clock, outbox, slack, begin } = dispatching();
    const [later, fresh] = [clock.now() + 24 * HOUR, { at: clock.now() + 24 * HOUR }];
    outbox.put({ ...fresh, incident: 'i-a' });
    outbox.put({ ...fresh, incident: 'i-b' });
    Object.assign(outbox.rows[0] ?? {}, { nextAt: later, attempts: 3 });
    Object.assign(outbox.rows[1] ?? {}, { nextAt: later });
    begin();
    await settle();

    expect(slack.log).toEqual(['0s m1', '0s m2']);
  });
});

test('a queue that takes long to look through is looked at for a tenth of the time at most', async () => {
  const { clock, outbox, slack, log, watch } = dispatching();
  const looks: number[] = [];
  let lag = 0;
  const slow: Pick<Clock, 'now' | 'wall' | 'after'> = {
    now: () => clock.now() + lag,
    wall: () => clock.wall(),
    after: (delayMs, call) => clock.after(delayMs, call),
  };
  const store = {
    due: async (...asked: Parameters<Store['due']>) => {
      looks.push(slow.now());
      lag += 100;
      return outbox.due(...asked);
    },
    sent: (seq: number) => outbox.sent(seq),
    retryAt: (seq: number, nextAt: number) => outbox.retryAt(seq, nextAt),
  };
  const dispatcher = new Dispatcher({ store, channels: [slack], clock: slow, log, watch, chance: () => 0 });
  const stop = new AbortController();
  running.push(stop);
  void dispatcher.start(stop.signal);
  for (let second = 0; second < 10 * 20; second++) {
    outbox.put({ incident: `i-${second}` });
    dispatcher.wake();
    await clock.advance(50);
  }

  expect(looks.length).toBeLessThan(13);
  expect(outbox.waiting().length).toBeLessThan(30);
});

describe('a channel that does not get through', () => {
  test('is told of once after five minutes, and once when it does again', async () => {
    const { clock, outbox, slack, told, begin } = dispatching();
    slack.failures.push(...Array.from({ length: 20 }, down));
    outbox.put({});
    const { dispatcher } = begin();
    await clock.advance(4 * MINUTE);
    expect([told, dispatcher.health()]).toEqual([[], new Map([['slack', false]])]);
    await clock.advance(2 * MINUTE);
    expect(dispatcher.health()).toEqual(new Map([['slack', true]]));
    await clock.advance(1 * HOUR);

    expect(told.length).toBe(2);
    expect(told[0]).toMatch(/^slack failing since -3\d{5}: Slack answered a post with HTTP 500/);
    expect(told[1]).toBe('slack recovered');
    expect(dispatcher.health()).toEqual(new Map([['slack', false]]));
  });

  test('is told of also while the other side is left alone for long', async () => {
    const { clock, outbox, slack, told, begin } = dispatching();
    slack.failures.push(new RollbackError('UNREACHABLE', 'HTTP 429', { retryAfterMs: 1 * HOUR }));
    outbox.put({});
    begin();
    await clock.advance(6 * MINUTE);

    expect(slack.log.length).toBe(1);
    expect(told).toEqual(['slack failing since -300000: HTTP 429']);
  });
});

test('a restart keeps the order: what waits to be tried again is not overtaken', async () => {
  const { clock, outbox, slack, begin } = dispatching();
  slack.failures.push(new RollbackError('UNREACHABLE', 'HTTP 429', { retryAfterMs: 60 * SECOND }));
  outbox.put({});
  const first = begin();
  await clock.advance(1 * SECOND);
  first.stop.abort();
  await first.ended;
  outbox.put({});
  begin();
  await clock.advance(2 * MINUTE);

  expect(slack.log).toEqual(['0s m1 failed', '60s m1', '60s m2']);
});

test('channels do not wait for each other', async () => {
  const { clock, outbox, tapes, begin } = dispatching(['slack', 'log']);
  tapes[0]?.failures.push(...Array.from({ length: 9 }, down));
  outbox.put({ channel: 'slack' });
  outbox.put({ channel: 'log' });
  begin();
  await clock.advance(1 * SECOND);

  expect(tapes[1]?.log).toEqual(['0s m2']);
  expect(outbox.waiting()).toEqual(['m1']);
});

test('a message that was sent but could not be marked is not sent twice by the same process', async () => {
  const { clock, outbox, slack, log, begin } = dispatching();
  outbox.failing = 2;
  outbox.put({});
  begin();
  await clock.advance(1 * MINUTE);

  expect(slack.log).toEqual(['0s m1']);
  expect(outbox.waiting()).toEqual([]);
  expect(log.lines[0]).toBe(
    'error the outbox cannot be read or marked {"channel":"slack","error":"the store is busy"}',
  );
});

test('a crash between sending and marking sends again after the restart: at least once', async () => {
  const { outbox, slack, begin } = dispatching();
  const points: string[] = [];
  onCrashPoint((point) => {
    points.push(`${point} with ${outbox.waiting().join()} waiting`);
    if (points.length === 1) throw new Error('killed');
  });
  outbox.put({});
  const first = begin();
  await settle();
  first.stop.abort();
  await first.ended;
  begin();
  await settle();

  expect(slack.log).toEqual(['0s m1', '0s m1']);
  expect(points).toEqual(['message.sent with m1 waiting', 'message.sent with m1 waiting']);
  expect(outbox.waiting()).toEqual([]);
});

test('more messages than one look takes all go out at once', async () => {
  const { outbox, slack, begin } = dispatching();
  for (let count = 0; count < 120; count++) outbox.put({});
  begin();
  for (let round = 0; round < 50 && outbox.waiting().length > 0; round++) await settle();

  expect(slack.log.length).toBe(120);
  expect(slack.log.at(-1)).toBe('0s m120');
});

test('against a real webhook: rate limit, fault, then through, in order', async () => {
  await using slack = await slackServer();
  slack.reactions.push({ status: 429, retryAfter: '7' }, { status: 500 });
  const { clock, outbox, log, watch } = dispatching();
  const channel = slackWebhookChannel({ webhook: new Secret(slack.url) });
  const stop = new AbortController();
  running.push(stop);
  outbox.put({ text: '' });
  outbox.put({ text: '' });
  void new Dispatcher({ store: outbox, channels: [channel], clock, log, watch, chance: () => 0 }).start(
    stop.signal,
  );

  await until(() => log.lines.length === 1);
  await clock.advance(6 * SECOND);
  expect(slack.posts.length).toBe(1);
  await clock.advance(1 * SECOND);
  await until(() => log.lines.length === 2);
  await clock.advance(2 * SECOND);
  await until(() => outbox.waiting().length === 0);

  expect(slack.texts()).toEqual(['m1', 'm1\n\nm2', 'm1\n\nm2']);
  expect(log.lines.join('\n')).not.toContain('canary');
});

test('the log channel tells urgent messages as warnings', async () => {
  const log = new RecordedLog();
  const channel = logChannel({ log });
  await channel.send([aMessage({ key: 'k1' })], first, new AbortController().signal);
  await channel.send([aMessage({ key: 'k2', urgent: true })], first, new AbortController().signal);

  expect(log.lines).toEqual([
    'info CRITICAL backend i-7k3f9a: opened {"message":"k1","incident":"i-7k3f9a","text":"rule: layra/api-error-rate"}',
    'warn CRITICAL backend i-7k3f9a: opened {"message":"k2","incident":"i-7k3f9a","text":"rule: layra/api-error-rate"}',
  ]);
});

/** Real sockets take real time; the clock of the dispatcher stands still meanwhile. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
  await settle();
}
