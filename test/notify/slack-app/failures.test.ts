import { describe, expect, test } from 'vitest';
import { botToken } from '../../fakes/slack/slack.ts';
import { again, first, never, talking, telling } from './talking.ts';

describe('what may work later is to be tried again', () => {
  test('at the time that Slack said', async () => {
    await using w = await talking();
    w.slack.faults.next('chat.postMessage', { status: 429, retryAfterSeconds: 30 });

    await expect(w.open().send([telling('incident.opened')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: 'Slack answered chat.postMessage with HTTP 429; it will be called again',
      facts: { retryAfterMs: 30_000 },
    });
    expect(w.slack.log).toEqual(['chat.postMessage 429']);
  });

  test('an edit that Slack has no room for is not followed by more', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.is('asking');
    w.slack.faults.next('chat.update', { status: 429, retryAfterSeconds: 7 });

    await expect(channel.send([telling('question.asked')], first, never)).rejects.toMatchObject({
      facts: { retryAfterMs: 7_000 },
    });
    expect(w.thread()).toEqual(['incident.opened']);
  });

  test.each([
    [{ status: 500 }, 'Slack answered chat.postMessage with HTTP 500; it will be called again'],
    [
      { error: 'internal_error' },
      'Slack answered chat.postMessage with internal_error; it will be called again',
    ],
    [{ error: 'ratelimited' }, 'Slack answered chat.postMessage with ratelimited; it will be called again'],
    [{ status: 429 }, 'Slack answered chat.postMessage with HTTP 429; it will be called again'],
    ['hang', 'Slack did not answer chat.postMessage within 200ms; it will be called again'],
    [
      'malformed',
      'Slack answered chat.postMessage with something that is not an answer of its API; it will be called again',
    ],
  ] as const)('%j', async (fault, message) => {
    await using w = await talking();
    w.slack.faults.next('chat.postMessage', fault);

    await expect(w.open(200).send([telling('incident.opened')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message,
    });
  });

  test('when a person has repaired what is wrong, which is said', async () => {
    await using w = await talking();
    const messages: string[] = [];
    for (const error of [
      'invalid_auth',
      'channel_not_found',
      'not_in_channel',
      'is_archived',
      'missing_scope',
    ]) {
      w.slack.faults.next('chat.postMessage', { error });
      await w
        .open()
        .send([telling('incident.opened')], first, never)
        .catch((refused: unknown) => {
          expect(refused).toMatchObject({ code: 'UNREACHABLE', facts: { slack: error } });
          messages.push((refused as Error).message);
        });
    }

    expect(messages).toEqual([
      'Slack answered chat.postMessage with invalid_auth; put a valid token behind slack.app.bot_token and restart rollbackd',
      'Slack answered chat.postMessage with channel_not_found; check slack.app.channel, and invite the app into the channel if it is private',
      'Slack answered chat.postMessage with not_in_channel; invite the app into the channel',
      'Slack answered chat.postMessage with is_archived; unarchive the channel, or name another in slack.app.channel',
      'Slack answered chat.postMessage with missing_scope; give the app that scope, install it again, and put its token behind slack.app.bot_token',
    ]);
  });

  test('what is interrupted by the end of the daemon is sent by the next', async () => {
    await using w = await talking();
    w.slack.faults.next('chat.postMessage', 'hang');
    const end = new AbortController();
    const sending = w.open().send([telling('incident.opened')], first, end.signal);
    await expect.poll(() => w.slack.log).toEqual(['chat.postMessage hang']);
    end.abort();

    await expect(sending).rejects.toMatchObject({
      code: 'ABORTED',
      message: 'interrupted while calling chat.postMessage of Slack; it will be called again',
    });
  });
});

describe('what Slack will never take', () => {
  test('is refused for itself', async () => {
    await using w = await talking();
    w.slack.faults.next('chat.postMessage', { error: 'msg_too_long' });

    await expect(w.open().send([telling('incident.opened')], first, never)).rejects.toMatchObject({
      code: 'REFUSED',
      message: 'Slack answered chat.postMessage with msg_too_long; it is not taken as it is',
    });
  });

  test('blocks that Slack refuses are told as text', async () => {
    await using w = await talking();
    const channel = w.open();
    w.slack.faults.next('chat.postMessage', { error: 'invalid_blocks' });
    await channel.send([telling('incident.opened')], first, never);

    expect(w.slack.workspace.posts.map(({ text, blocks }) => [text, blocks.length])).toEqual([
      ['HIGH backend i-7k3f9a: being judged. layra/api-error-rate: 61.2% of requests', 0],
      ['incident.opened', 1],
    ]);
    expect(w.log.lines).toHaveLength(1);
  });

  test('an edit that is refused does not keep the thread from being told', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.is('asking');
    w.slack.faults.next('chat.update', { error: 'invalid_blocks' });
    await channel.send([telling('question.asked')], first, never);

    expect(w.thread()).toEqual(['incident.opened', 'LOUD question.asked']);
    expect(w.log.lines).toEqual([
      'warn the card of i-7k3f9a in Slack cannot be edited {"incident":"i-7k3f9a","error":"Slack answered chat.update with invalid_blocks; it is not taken as it is"}',
    ]);
  });

  test('an edit that fails is made up for, and the thread is told meanwhile', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.is('asking');
    w.slack.faults.next('chat.update', { status: 503 });
    await expect(channel.send([telling('question.asked')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    expect(w.thread()).toEqual(['incident.opened', 'LOUD question.asked']);
    await channel.send([telling('question.asked')], again, never);

    expect(w.cards()).toEqual(['HIGH backend: your answer is needed, edited']);
    expect(w.thread()).toEqual(['incident.opened', 'LOUD question.asked']);
  });
});

describe('what got through is not repeated', () => {
  test('when the answer to a card was lost', async () => {
    await using w = await talking();
    const channel = w.open();
    w.slack.faults.next('chat.postMessage', 'lost');
    await expect(channel.send([telling('incident.opened')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await channel.send([telling('incident.opened')], again, never);
    await channel.send([telling('level.fired')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: being judged, edited']);
    expect(w.thread()).toEqual(['incident.opened', 'level.fired']);
  });

  test('when much was written in the channel since', async () => {
    await using w = await talking();
    const channel = w.open();
    w.slack.faults.next('chat.postMessage', 'lost');
    await channel.send([telling('incident.opened')], first, never).catch(() => {});
    for (let count = 0; count < 250; count += 1)
      w.slack.workspace.post({ ...chatter, text: `chatter ${count}` });
    await channel.send([telling('incident.opened')], again, never);

    expect(w.thread()).toEqual(['incident.opened']);
    expect(w.slack.calls('conversations.history')).toBe(3);
  });

  test('when the answer to a reply was lost', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.slack.faults.next('chat.postMessage', 'lost');
    await expect(channel.send([telling('level.fired')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await channel.send([telling('level.fired'), telling('decided')], again, never);

    expect(w.thread()).toEqual(['incident.opened', 'level.fired', 'decided']);
  });

  test('when the daemon was killed before it had written down where the card is', async () => {
    await using w = await talking();
    w.state.storeFails = true;
    await expect(w.open().send([telling('incident.opened')], first, never)).rejects.toThrow('killed');
    w.state.storeFails = false;
    await w.open().send([telling('incident.opened')], { attempts: 0, inDoubt: true }, never);

    expect(w.cards()).toEqual(['HIGH backend: being judged, edited']);
    expect(w.thread()).toEqual(['incident.opened']);
  });

  test('when it is a message of no incident', async () => {
    await using w = await talking();
    const halted = telling('halted', { incident: null, story: null, at: Date.now() });
    w.slack.faults.next('chat.postMessage', 'lost');
    await expect(w.open().send([halted], first, never)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await w.open().send([halted], again, never);

    expect(w.cards()).toEqual(['a message']);
  });

  test('unless Slack does not let the app look, which is said once', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.slack.faults.always('conversations.replies', { error: 'missing_scope' });
    await channel.send([telling('level.fired')], again, never);
    await channel.send([telling('decided')], again, never);

    expect(w.thread()).toEqual(['incident.opened', 'level.fired', 'decided']);
    expect(w.log.lines).toEqual([
      'warn Slack does not let rollbackd look for its messages, so after a failure one may stand there twice {"method":"conversations.replies","error":"Slack answered conversations.replies with missing_scope; give the app that scope, install it again, and put its token behind slack.app.bot_token"}',
    ]);
  });

  test('nothing is posted while looking fails', async () => {
    await using w = await talking();
    w.slack.faults.next('conversations.history', { status: 500 });

    await expect(w.open().send([telling('incident.opened')], again, never)).rejects.toMatchObject({
      message: 'Slack answered conversations.history with HTTP 500; it will be called again',
    });
    expect(w.slack.workspace.posts).toEqual([]);
  });

  test('messages of other apps are not taken for ours', async () => {
    await using w = await talking();
    const { workspace } = w.slack;
    const metadata = { event_type: 'rollbackd_message', event_payload: { keys: ['i-7k3f9a/card'] } };
    Object.assign(workspace, { app: 'AOTHER' });
    workspace.post({ channel: 'C1', thread: null, text: 'forged', blocks: [], metadata, broadcast: false });
    const channel = w.open();
    Object.assign(workspace, { app: 'A1' });
    await channel.send([telling('incident.opened')], again, never);

    expect(w.cards()).toEqual(['a message', 'HIGH backend: being judged']);
  });

  test('metadata of another kind is not taken for ours', async () => {
    await using w = await talking();
    const metadata = { event_type: 'other', event_payload: { keys: ['i-7k3f9a/card'] } };
    w.slack.workspace.post({ ...chatter, metadata });
    await w.open().send([telling('incident.opened')], again, never);

    expect(w.cards()).toEqual(['a message', 'HIGH backend: being judged']);
  });
});

describe('a card that somebody deleted', () => {
  test('is posted anew, and the thread goes on there', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.remove(0);
    w.is('asking');
    await channel.send([telling('question.asked')], first, never);
    w.is('rolling-back');
    await channel.send([telling('question.answered')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: rolling back, edited']);
    expect(w.thread()).toEqual(['LOUD question.asked', 'question.answered']);
  });

  test('is posted anew also when it would not have been edited', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.remove(0);
    await channel.send([telling('level.fired')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: being judged']);
    expect(w.thread()).toEqual(['level.fired']);
  });

  test('is posted anew once, also when the answer was lost', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.remove(0);
    w.is('asking');
    w.slack.faults.next('chat.postMessage', 'lost');
    await channel.send([telling('question.asked')], first, never).catch(() => {});
    await channel.send([telling('question.asked')], again, never);

    expect(w.cards()).toEqual(['HIGH backend: your answer is needed, edited']);
    expect(w.thread()).toEqual(['LOUD question.asked']);
  });

  test('a card in another channel than the one configured now is left where it is', async () => {
    await using w = await talking();
    w.posts.set('slack i-7k3f9a', { channel: 'COLD', ts: '1.1', report: null });
    await w.open().send([telling('level.fired')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: being judged']);
    expect(w.slack.calls('chat.update')).toBe(0);
  });
});

const chatter = {
  channel: 'C1',
  thread: null,
  text: 'chatter',
  blocks: [],
  metadata: null,
  broadcast: false,
};

test('a token that cannot stand in a header is not told either', async () => {
  await using w = await talking();

  await expect(
    w.open(5_000, 'xoxb-canary\nsecond').send([telling('incident.opened')], first, never),
  ).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.not.stringContaining('canary') as string,
  });
});

test('the token stands in no error and in no log', async () => {
  await using w = await talking();
  const faults = ['drop', 'malformed', { status: 500 }, { error: 'invalid_auth' }] as const;
  const said: string[] = [];
  for (const fault of faults) {
    w.slack.faults.next('chat.postMessage', fault);
    await w
      .open()
      .send([telling('incident.opened')], first, never)
      .catch((error: unknown) => {
        const { message, stack, cause } = error as Error;
        said.push(message, stack ?? '', JSON.stringify(cause ?? null), JSON.stringify(error));
      });
  }

  expect(said).toHaveLength(16);
  expect([...said, ...w.log.lines].filter((line) => line.includes(botToken))).toEqual([]);
});
