import { describe, expect, test } from 'vitest';
import { again, first, incident, never, talking, telling } from './talking.ts';

describe('one incident is one message', () => {
  test('is posted once and then edited, while its thread tells each transition in order', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.is('asking');
    await channel.send([telling('question.asked')], first, never);
    w.is('rolling-back');
    await channel.send([telling('question.answered')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: rolling back, edited']);
    expect(w.thread()).toEqual(['incident.opened', 'LOUD question.asked', 'question.answered']);
  });

  test('shows the incident as it is when it is sent, not as it was when the message was written', async () => {
    await using w = await talking();
    w.is('rolled-back');
    await w.open().send([telling('incident.opened')], first, never);

    expect(w.cards()).toEqual(['HIGH backend: rolled back and verified after 8m']);
  });

  test('is not edited while nothing on it changes', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    await channel.send([telling('level.fired')], first, never);

    expect(w.slack.log).toEqual(['chat.postMessage', 'chat.postMessage', 'chat.postMessage']);
  });

  test('is found again by a daemon that starts', async () => {
    await using w = await talking();
    await w.open().send([telling('incident.opened')], first, never);
    w.is('asking');
    await w.open().send([telling('question.asked')], { attempts: 0, inDoubt: true }, never);

    expect(w.cards()).toEqual(['HIGH backend: your answer is needed, edited']);
    expect(w.thread()).toEqual(['incident.opened', 'LOUD question.asked']);
  });

  test('messages that waited together are one reply', async () => {
    await using w = await talking();
    const messages = [telling('incident.opened'), telling('level.fired'), telling('decided')] as const;
    await w.open().send(messages, again, never);

    expect(w.thread()).toEqual(['incident.opened\nlevel.fired\ndecided']);
  });

  test('that begins with a question is heard by itself, and needs no loud reply', async () => {
    await using w = await talking();
    w.is('asking');
    await w.open().send([telling('question.asked')], first, never);

    expect(w.thread()).toEqual(['question.asked']);
  });

  test('is not set back by an edit that was under way', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    const held = Promise.withResolvers<void>();
    w.slack.faults.next('chat.update', { hold: held.promise });
    w.is('asking');
    channel.refresh(incident);
    await expect.poll(() => w.slack.calls('chat.update')).toBe(1);
    w.is('rolling-back');
    const sending = channel.send([telling('question.answered')], first, never);
    // Whatever it sent by now would have come before these.
    for (let times = 0; times < 3; times += 1) await fetch(`${w.slack.apiUrl}auth.test`, { method: 'POST' });
    expect(w.slack.calls('chat.update')).toBe(1);
    w.is('verifying');
    held.resolve();
    await sending;

    expect(w.cards()).toEqual(['HIGH backend: rolled back, being verified, edited']);
  });

  test('what is of no incident is a message of its own', async () => {
    await using w = await talking();
    await w.open().send([telling('halted', { incident: null, story: null })], first, never);

    expect(w.slack.workspace.posts.map(({ text, thread }) => [text, thread])).toEqual([['halted', null]]);
  });

  test('nothing in it is parsed by Slack', async () => {
    await using w = await talking();
    const sent: Record<string, string>[] = [];
    const { postMessage } = { postMessage: w.slack.workspace.post.bind(w.slack.workspace) };
    w.slack.workspace.post = (post) => {
      sent.push({ text: post.text, blocks: JSON.stringify(post.blocks) });
      return postMessage(post);
    };
    await w.open().send([telling('decided', { title: 'a <!channel> & *b* :tada:' })], first, never);

    expect(sent[1]?.['text']).toBe('a &lt;!channel&gt; &amp; ∗b∗ ∶tada:');
    expect(sent[1]?.['blocks']).toContain('"a &lt;!channel&gt; &amp; *b* :tada:"');
  });
});

describe('what people have to act on', () => {
  test('calls those who are on call, in the channel and in the thread', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    await channel.send([telling('incident.handed_over')], first, never);

    expect(w.thread().at(-1)).toBe('LOUD incident.handed_over');
    const last = w.slack.workspace.posts.at(-1);
    expect(JSON.stringify(last?.blocks)).toContain('{"type":"user","user_id":"U0ALICE"}');
  });

  test('an asking that supersedes another is loud, too, on the same card', async () => {
    await using w = await talking();
    const channel = w.open();
    w.is('asking');
    await channel.send([telling('incident.opened')], first, never);
    await channel.send([telling('question.asked')], first, never);
    w.is('superseded');
    await channel.send([telling('question.superseded')], first, never);
    w.is('asking-destructive');
    await channel.send([telling('question.asked', { key: 'second' })], first, never);

    expect(w.cards()).toEqual(['HIGH backend: one more approval is needed, edited']);
    expect(w.thread()).toEqual([
      'incident.opened',
      'LOUD question.asked',
      'question.superseded',
      'LOUD question.asked',
    ]);
  });
});

describe('the report', () => {
  const report = { name: incident, markdown: '# Report\n', html: '' };

  test('is put into the thread when the incident closes, once', async () => {
    await using w = await talking();
    const channel = w.open();
    w.state.report = report;
    await channel.send([telling('incident.opened')], first, never);
    await channel.send([telling('incident.closed')], first, never);
    await channel.send([telling('incident.closed')], again, never);

    const [card] = w.slack.workspace.cards();
    expect(w.slack.workspace.uploads).toEqual([
      {
        id: 'F1',
        name: 'i-7k3f9a.md',
        content: '# Report\n',
        shared: { channel: 'C1', thread: card?.ts, comment: null },
      },
    ]);
    expect(w.slack.calls('files.completeUploadExternal')).toBe(1);
  });

  test('is not put there again when the card was deleted since', async () => {
    await using w = await talking();
    const channel = w.open();
    w.state.report = report;
    await channel.send([telling('incident.closed')], first, never);
    w.remove(0);
    await channel.send([telling('incident.closed')], again, never);

    expect(w.thread()).toEqual(['incident.closed']);
    expect(w.slack.workspace.uploads).toHaveLength(1);
  });

  test('goes on with the file that is uploaded when it was not shared yet', async () => {
    await using w = await talking();
    const channel = w.open();
    w.state.report = report;
    await channel.send([telling('incident.opened')], first, never);
    w.slack.faults.next('files.completeUploadExternal', { status: 500 });
    await expect(channel.send([telling('incident.closed')], first, never)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await w.open().send([telling('incident.closed')], again, never);

    expect(w.slack.workspace.uploads.map(({ id, shared }) => [id, shared?.channel])).toEqual([['F1', 'C1']]);
    expect(w.thread()).toEqual(['incident.opened', 'incident.closed']);
  });

  test('does not hold up the story where the app may not upload', async () => {
    await using w = await talking();
    w.state.report = report;
    w.slack.faults.always('files.getUploadURLExternal', { error: 'missing_scope' });
    await w.open().send([telling('incident.closed')], first, never);

    expect(w.thread()).toEqual(['incident.closed']);
    expect(w.log.lines).toEqual([
      'warn the report on i-7k3f9a was not attached in Slack; rollbackd report i-7k3f9a prints it {"incident":"i-7k3f9a","error":"Slack answered files.getUploadURLExternal with missing_scope; give the app that scope, install it again, and put its token behind slack.app.bot_token"}',
    ]);
  });

  test('is given up after some attempts, since later messages wait behind it', async () => {
    await using w = await talking();
    w.state.report = report;
    w.slack.faults.always('upload', { status: 503 });
    const channel = w.open();
    await expect(channel.send([telling('incident.closed')], first, never)).rejects.toMatchObject({
      message: 'Slack was given a file and gave HTTP 503; it is uploaded again',
    });
    await channel.send([telling('incident.closed')], { attempts: 3, inDoubt: true }, never);

    expect(w.thread()).toEqual(['incident.closed']);
  });
});

describe('a card that shows something else without a message', () => {
  test('is edited at once, and at most once a second', async () => {
    await using w = await talking();
    const channel = w.open();
    w.is('asking');
    await channel.send([telling('question.asked')], first, never);
    w.is('asking-destructive');
    channel.refresh(incident);
    await expect.poll(() => w.slack.calls('chat.update')).toBe(1);
    w.is('prolonged');
    for (let times = 0; times < 5; times += 1) channel.refresh(incident);
    await w.clock.advance(999);
    expect(w.slack.calls('chat.update')).toBe(1);
    await w.rested(channel);

    expect(w.slack.calls('chat.update')).toBe(2);
    expect(w.slack.calls('chat.postMessage')).toBe(2);
  });

  test('is tried some times, and otherwise left to the next message', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    w.is('asking');
    w.slack.faults.always('chat.update', { status: 500 });
    channel.refresh(incident);
    await w.rested(channel);

    expect(w.slack.calls('chat.update')).toBe(4);
    expect(w.log.lines).toEqual([
      'warn the card of i-7k3f9a in Slack is behind; it is edited with the next message {"incident":"i-7k3f9a","error":"Slack answered chat.update with HTTP 500; it will be called again"}',
    ]);
  });

  test('is not edited any more once the daemon ends', async () => {
    await using w = await talking();
    const channel = w.open();
    await channel.send([telling('incident.opened')], first, never);
    const end = new AbortController();
    const running = channel.run(end.signal);
    end.abort();
    await running;
    w.is('asking');
    channel.refresh(incident);
    await channel.refreshed();

    expect(w.slack.calls('chat.update')).toBe(0);
  });

  test('is nothing where no card was posted yet', async () => {
    await using w = await talking();
    const channel = w.open();
    channel.refresh(incident);
    await w.rested(channel);

    expect(w.slack.log).toEqual([]);
  });
});
