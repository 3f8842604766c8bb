import { expect, test } from 'vitest';
import { systemClock } from '../../../src/app/clock.ts';
import type { Interaction, NotTaken } from '../../../src/notify/slack/inbound/interaction.ts';
import { readClick, readCommand } from '../../../src/notify/slack/inbound/interaction.ts';
import { SlackSocket } from '../../../src/notify/slack/inbound/socket.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { appToken, fakeSlack } from '../../fakes/slack/slack.ts';
import { clicking } from './clicking.ts';

/** A socket that only listens; pauses between attempts are a hundredth of what they are. */
async function listening(store: (key: string) => Promise<'new'> = () => Promise.resolve('new')) {
  const slack = await fakeSlack();
  slack.person('alice');
  const log = new RecordedLog();
  const received: (Interaction | NotTaken)[] = [];
  const counts: number[] = [];
  const clock = systemClock();
  const socket = new SlackSocket({
    inbound: {
      receive: async (key, done) => {
        await store(key);
        received.push(done);
        return 'new';
      },
    },
    appToken,
    apiUrl: slack.apiUrl,
    clock: { ...clock, after: (ms, call) => clock.after(ms / 100, call) },
    log,
    chance: () => 0,
    onConnections: (count) => void counts.push(count),
    connections: 1,
  });
  const abort = new AbortController();
  const begin = () => socket.start(abort.signal);
  let running = Promise.resolve();
  return {
    slack,
    log,
    received,
    counts,
    socket,
    begin: () => void (running = begin()),
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
      await slack[Symbol.asyncDispose]();
    },
  };
}

test('a connection that is dropped, or that Slack asks to replace, is made anew', async () => {
  await using l = await listening();
  l.begin();
  for (const end of [
    () => l.slack.sockets.drop(),
    () => l.slack.sockets.askToReconnect('warning'),
    () => l.slack.sockets.askToReconnect('refresh_requested'),
  ]) {
    await l.slack.sockets.connected();
    expect(await l.slack.click({ user: 'UALICE', action: 'approve', value: 't' })).toBe('acknowledged');
    end();
    await l.slack.sockets.gone();
  }
  await l.slack.sockets.connected();
  expect(l.received).toHaveLength(3);
  expect(l.counts.slice(0, 6)).toEqual([1, 0, 1, 0, 1, 0]);
});

test('Slack that does not open connections is asked again and again, and the reason is known', async () => {
  await using l = await listening();
  l.slack.faults.next(
    'apps.connections.open',
    { status: 500 },
    { status: 429, retryAfterSeconds: 1 },
    'drop',
    'malformed',
    {
      error: 'invalid_auth',
    },
  );
  l.begin();
  await l.slack.sockets.connected();
  expect(await l.slack.click({ user: 'UALICE', action: 'approve', value: 't' })).toBe('acknowledged');
  expect(l.slack.calls('apps.connections.open')).toBe(6);
  expect(l.log.lines.filter((line) => line.startsWith('warn Slack could not be connected to'))).toHaveLength(
    5,
  );
  expect(l.log.lines.join('\n')).not.toContain('canary');
  expect(l.socket.connected()).toMatchObject({ count: 1, problem: null });
});

test('an address that is never given, and a greeting that never comes, are given up on', async () => {
  await using l = await listening();
  l.slack.faults.next('apps.connections.open', 'hang');
  l.slack.sockets.greets = false;
  l.begin();
  await l.slack.sockets.connected();
  expect(l.socket.connected().problem).toBe('Slack did not greet within 15 s');
  await l.slack.sockets.gone();
  l.slack.sockets.greets = true;
  await l.slack.sockets.connected();
  expect(await l.slack.click({ user: 'UALICE', action: 'approve', value: 't' })).toBe('acknowledged');
});

test('what could not be stored is not acknowledged, and what comes next is', async () => {
  let full = true;
  await using l = await listening(() =>
    full ? Promise.reject(new Error('the disk is full')) : Promise.resolve('new'),
  );
  l.begin();
  await l.slack.sockets.connected();
  const lost = l.slack.click({ user: 'UALICE', action: 'approve', value: 't' }, { id: 'E1' });
  while (!l.log.lines.some((line) => line.includes('the disk is full'))) await new Promise(setImmediate);
  full = false;
  expect(await l.slack.click({ user: 'UALICE', action: 'approve', value: 't' }, { id: 'E2' })).toBe(
    'acknowledged',
  );
  expect(l.slack.sockets.acknowledged.map(({ envelope }) => envelope)).toEqual(['E2']);
  l.slack.sockets.drop();
  expect(await lost).toBe('not acknowledged');
});

test('frames that are no envelopes are passed over', async () => {
  await using l = await listening();
  l.begin();
  await l.slack.sockets.connected();
  for (const frame of [
    '',
    'null',
    '7',
    '[]',
    '{',
    '{"type":"events_api"}',
    '{"type":"interactive"}',
    '{"type":"interactive","envelope_id":7}',
    '{"type":"__proto__","envelope_id":"E0"}',
    `{"type":"interactive","envelope_id":"${'E'.repeat(300)}"}`,
  ])
    l.slack.sockets.sendRaw(frame);
  expect(await l.slack.click({ user: 'UALICE', action: 'approve', value: 't' })).toBe('acknowledged');
  expect(l.received).toHaveLength(1);
});

test.each([
  null,
  7,
  'text',
  [],
  {},
  { type: 'block_actions' },
  { type: 'block_actions', actions: null },
  { type: 'block_actions', actions: [{ action_id: { toString: 'x' }, value: 7 }] },
  { type: 'view_submission', user: { id: 'UALICE' } },
  JSON.parse(
    '{"type":"block_actions","__proto__":{"api_app_id":"A1","user":{"id":"UALICE","team_id":"T1"}}}',
  ),
  JSON.parse(`${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`),
  { type: 'block_actions', api_app_id: 'A'.repeat(100_000) },
  { command: '/rollbackd', team_id: ['T1'], user_id: 'UALICE' },
])('a payload of another form is not taken: %#', (payload: unknown) => {
  expect(readClick(payload).kind).toBe('not_taken');
  expect(readCommand(payload).kind).toBe('not_taken');
});

test('clicks with two actions, ids of another form or values that are too long are not taken', async () => {
  await using slack = await fakeSlack();
  const good = slack.clickPayload({ user: 'UALICE', action: 'approve', value: 't' });
  const [action] = good['actions'] as object[];
  expect(readClick(good).kind).toBe('click');
  for (const change of [
    { actions: [action, action] },
    { api_app_id: 'a1' },
    { team: { id: 'T1 ' } },
    { user: { id: '<!channel>', team_id: 'T1' } },
    { user: { id: 'UALICE' } },
    { actions: [{ ...action, action_id: 'x'.repeat(256) }] },
  ])
    expect(readClick({ ...good, ...change })).toEqual({ kind: 'not_taken', reason: 'malformed' });
});

test('while Slack answers nothing a click still counts', async () => {
  await using c = await clicking();
  await c.click('UALICE', 'prolong');
  c.slack.faults.always('*', { status: 503 });
  await c.click('UALICE');
  expect(await c.answers()).toContain('question.answered: approved by slack:UALICE: in Slack');
  expect(c.log.lines.some((line) => line.includes('could not be told what came of it'))).toBe(true);
});

test('while Slack is not there nobody answers, and the deadline counts', async () => {
  await using c = await clicking();
  c.slack.faults.always('*', 'drop');
  c.slack.sockets.drop();
  await c.w.wait(16 * 60_000);
  expect(await c.w.state()).toBe('handed_over');
  expect(c.w.world.ledger).toEqual([]);
});
