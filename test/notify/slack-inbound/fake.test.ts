import { SocketModeClient } from '@slack/socket-mode';
import { LogLevel, WebClient, type Logger } from '@slack/web-api';
import { expect, test } from 'vitest';
import { appToken, botToken, fakeSlack } from '../../fakes/slack/slack.ts';

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  setName: () => {},
  getLevel: () => LogLevel.ERROR,
};
const quiet = { logger: silent, retryConfig: { retries: 0 } };

test('the real client posts, edits, finds and whispers in the fake channel', async () => {
  await using slack = await fakeSlack();
  slack.person('alice');
  const client = new WebClient(botToken, { slackApiUrl: slack.apiUrl, ...quiet });
  const metadata = { event_type: 'rollbackd', event_payload: { key: 'k1' } };
  const { ts = '' } = await client.chat.postMessage({ channel: 'C1', text: 'first', metadata });
  await client.chat.postMessage({ channel: 'C1', text: 'reply', thread_ts: ts });
  await client.chat.update({ channel: 'C1', ts, text: 'second' });
  await client.chat.postEphemeral({ channel: 'C1', user: 'UALICE', text: 'psst' });

  const { messages = [] } = await client.conversations.history({
    channel: 'C1',
    include_all_metadata: true,
  });
  const replies = await client.conversations.replies({ channel: 'C1', ts });
  expect(messages.map((message) => [message.text, message.metadata])).toEqual([['second', metadata]]);
  expect(replies.messages?.map(({ text }) => text)).toEqual(['second', 'reply']);
  expect(slack.toldTo('UALICE')).toEqual(['psst']);
  expect(slack.log).toEqual([
    'chat.postMessage',
    'chat.postMessage',
    'chat.update',
    'chat.postEphemeral',
    'conversations.history',
    'conversations.replies',
  ]);
});

test('the fake refuses what Slack refuses', async () => {
  await using slack = await fakeSlack();
  const client = new WebClient(botToken, { slackApiUrl: slack.apiUrl, ...quiet });
  const blocks = Array.from({ length: 51 }, () => ({ type: 'divider' }));
  await expect(client.chat.postMessage({ channel: 'C1', text: 'x', blocks })).rejects.toThrow(
    'invalid_blocks',
  );
  await expect(client.chat.postMessage({ channel: 'C2', text: 'x' })).rejects.toThrow('channel_not_found');
  await expect(client.chat.update({ channel: 'C1', ts: '1.1', text: 'x' })).rejects.toThrow(
    'message_not_found',
  );
  const stranger = new WebClient('xoxb-other', { slackApiUrl: slack.apiUrl, ...quiet });
  await expect(stranger.auth.test()).rejects.toThrow('invalid_auth');
});

test('scripted faults reach the real client, and a lost answer was carried out', async () => {
  await using slack = await fakeSlack();
  const client = new WebClient(botToken, {
    slackApiUrl: slack.apiUrl,
    timeout: 100,
    rejectRateLimitedCalls: true,
    ...quiet,
  });
  const faults = [
    { status: 429, retryAfterSeconds: 7 },
    { status: 500 },
    'hang',
    'malformed',
    'lost',
  ] as const;
  slack.faults.next('chat.postMessage', ...faults);
  for (const fault of faults)
    await expect(client.chat.postMessage({ channel: 'C1', text: JSON.stringify(fault) })).rejects.toThrow();

  expect(slack.log).toEqual([
    'chat.postMessage 429',
    'chat.postMessage 500',
    'chat.postMessage hang',
    'chat.postMessage malformed',
    'chat.postMessage lost',
  ]);
  expect(slack.workspace.posts.map(({ text }) => text)).toEqual(['"lost"']);
});

test('the real socket client connects, acknowledges a click and is told apart from one that does not', async () => {
  await using slack = await fakeSlack();
  slack.person('alice');
  const client = new SocketModeClient({
    appToken,
    logger: silent,
    clientOptions: { slackApiUrl: slack.apiUrl },
  });
  const bodies: unknown[] = [];
  client.on('interactive', ({ ack, body }: { ack: () => Promise<void>; body: { user: { id: string } } }) => {
    bodies.push(body.user.id);
    void ack();
  });
  await client.start();
  expect(await slack.click({ user: 'UALICE', action: 'approve', value: 'ticket' }, { id: 'E1' })).toBe(
    'acknowledged',
  );
  expect(bodies).toEqual(['UALICE']);
  const unanswered = slack.type({ user: 'UALICE', text: 'status' });
  slack.sockets.drop();
  expect(await unanswered).toBe('not acknowledged');
  await client.disconnect();
});
