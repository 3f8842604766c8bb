import { expect, test } from 'vitest';
import type { Store } from '../../../src/domain/ports/store.ts';
import { Dispatcher } from '../../../src/notify/dispatcher.ts';
import { slackAppChannel } from '../../../src/notify/slack/app-channel.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { start, SimulatedClock } from '../../fakes/clock.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { aMessage } from '../messages.ts';
import { appOf, viewAt } from './talking.ts';
import { fakeSlack } from '../../fakes/slack/slack.ts';

type Kept = Pick<Store, 'due' | 'sent' | 'retryAt' | 'post' | 'putPost'>;

/** When a daemon is killed: right before or right after its call of the store of this number. */
interface Kill {
  readonly call: number;
  readonly side: 'before' | 'after';
}

/** A store whose daemon is killed at a call: neither this call nor any later one is ever answered. */
function deadly(store: Kept, kill: Kill | null, killed: () => void): Kept {
  let calls = 0;
  let isDead = false;
  const guard =
    <Arguments extends readonly unknown[], Result>(call: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      calls += 1;
      const isNow = !isDead && calls === kill?.call;
      if (isNow && kill.side === 'after') await call(...args);
      if (isNow) killed();
      isDead ||= isNow;
      return isDead ? new Promise<Result>(() => {}) : call(...args);
    };
  return {
    due: guard((...args) => store.due(...args)),
    sent: guard((...args) => store.sent(...args)),
    retryAt: guard((...args) => store.retryAt(...args)),
    post: guard((...args) => store.post(...args)),
    putPost: guard((...args) => store.putPost(...args)),
  };
}

/** @returns what stands in Slack at the end; null when the daemon was through before it could be killed */
async function story(kill: Kill): Promise<readonly string[] | null> {
  const clock = new SimulatedClock();
  await using slack = await fakeSlack({ now: () => clock.now() });
  const store = await openSqliteStore({ path: ':memory:', clock });
  const stop = new AbortController();
  const begin = (at: Kill | null): void => {
    const stopped = new AbortController();
    const kept = deadly(store, at, () => stopped.abort());
    const channel = slackAppChannel({
      app: appOf(slack),
      clock,
      store: kept,
      log: new RecordedLog(),
      view: (id) => Promise.resolve({ ...viewAt('opened'), id, openedAt: start }),
      report: () => Promise.resolve(null),
      contacts: () => [],
      page: () => null,
    });
    const watch = { failing: () => {}, recovered: () => {}, givenUp: () => {} };
    const options = { store: kept, channels: [channel], clock, log: new RecordedLog(), watch };
    const signal = AbortSignal.any([stop.signal, stopped.signal]);
    stopped.signal.addEventListener('abort', () => (wasKilled = true));
    void new Dispatcher({ ...options, chance: () => 0 }).start(signal);
  };
  let wasKilled = false;
  let count = 0;
  const put = (incident: string | null, urgent = false) => {
    count += 1;
    const key = `m${count}`;
    const message = aMessage({ key, title: key, text: '', incident, urgent, at: clock.now() });
    return store.commit({ outbox: [message] });
  };
  const until = (done: () => boolean | Promise<boolean>) =>
    expect
      .poll(
        async () => {
          await clock.advance(500);
          return done();
        },
        { interval: 1, timeout: 10_000 },
      )
      .toBe(true);
  const isThrough = async () => (await store.pending('slack')) === 0;

  for (const incident of ['i-a', 'i-b', 'i-a', null, 'i-b']) await put(incident);
  begin(kill);
  await until(async () => wasKilled || (await isThrough()));
  if (!wasKilled) return null;
  await put('i-c', true);
  await put('i-b', true);
  begin(null);
  await until(isThrough);
  stop.abort();
  await store.close();
  return slack.workspace
    .cards()
    .map(({ ts, text }) => [text, ...slack.workspace.thread(ts).map((reply) => reply.text)].join(', '))
    .toSorted();
}

test('killed at any call of the store, each incident has one card at last, and each message stands there once, in order', async () => {
  const stories: (readonly string[])[] = [];
  for (let call = 1; ; call += 1) {
    const [before, after] = [await story({ call, side: 'before' }), await story({ call, side: 'after' })];
    if (before === null || after === null) break;
    stories.push(before, after);
  }

  expect(stories.length).toBeGreaterThan(20);
  const [whole = []] = stories;
  expect(whole.map((card) => card.replace(/^.*?(?=, m|m4)/s, ''))).toEqual([
    ', m1, m3',
    ', m2, m5, m7',
    ', m6',
    'm4',
  ]);
  expect(new Set(stories.map((one) => JSON.stringify(one))).size).toBe(1);
});
