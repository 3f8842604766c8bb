import { expect, test } from 'vitest';
import type { IncidentView } from '../../../src/domain/ports/daemon.ts';
import { MINUTE, SECOND } from '../../../src/domain/time.ts';
import { start } from '../../fakes/clock.ts';
import { anEntry, aRow } from '../../fakes/daemon-views.ts';
import { asking, keys, rollingBack, seen, status } from './world.ts';

const again = (incident: IncidentView) =>
  ({ type: 'incident', id: incident.id, incident, at: start }) as const;
const destructive: IncidentView = {
  ...asking,
  plan: asking.plan && { ...asking.plan, risk: 'destructive-data' },
};

test('an approval is sent once it was confirmed, for the plan that was shown', () => {
  expect(seen(keys('ay<enter>')).wishes).toEqual([
    {
      do: 'send',
      command: {
        do: 'approve',
        incident: 'i-8a2b1c',
        planDigest: '9f8e7d6c5b4a3210',
        note: 'from rollbackd watch',
      },
    },
  ]);
});

test.each([
  ['r', { do: 'reject', incident: 'i-8a2b1c', planDigest: '9f8e7d6c5b4a3210', note: 'from rollbackd watch' }],
  ['o', { do: 'hand_over', incident: 'i-8a2b1c', note: 'from rollbackd watch' }],
  ['H', { do: 'halt', note: 'from rollbackd watch' }],
])('%s asks for the same confirmation', (key, command) => {
  expect(seen(keys(key)).wishes).toEqual([]);
  expect(seen(keys(`${key}<enter>`)).wishes).toEqual([]);
  expect(seen(keys(`${key}y<enter>`)).wishes).toEqual([{ do: 'send', command }]);
});

test.each(['a<enter>', 'ayy<enter>', 'aY<enter>', 'ay<escape>', 'ay', 'an<enter>'])(
  '%j sends nothing',
  (typed) => {
    expect(seen(keys(typed)).wishes).toEqual([]);
  },
);

test('what was typed wrongly can be taken back', () => {
  expect(seen(keys('ax<backspace>y<enter>')).wishes).toHaveLength(1);
});

test('a plan that can destroy data wants the name of its target', () => {
  expect(seen(keys('a'), destructive).state.dialog).toMatchObject({
    mustType: 'backend',
    lines: [
      'APPROVE i-8a2b1c: roll backend back, shop:2 → shop:1 (plan 9f8e7d6c5b4a3210)',
      '1  capture 500 log lines of backend',
      '2  recreate container backend from shop:1',
      'THIS PLAN CAN DESTROY DATA',
    ],
  });
  expect(seen(keys('ay<enter>'), destructive).wishes).toEqual([]);
  expect(seen(keys('abackend<enter>'), destructive).wishes).toHaveLength(1);
  expect(seen(keys('ry<enter>'), destructive).wishes).toHaveLength(1);
});

test('another plan ends a confirmation that has begun', () => {
  const other = {
    ...asking,
    plan: asking.plan && { ...asking.plan, digest: 'ffff' },
    question: asking.question && { ...asking.question, planDigest: 'ffff' },
  };

  const { state, wishes } = seen([...keys('ay'), again(other), ...keys('<enter>')]);

  expect(wishes).toEqual([]);
  expect(state.dialog).toBeNull();
  expect(seen([...keys('ay'), again(other)]).state.notice?.text).toBe(
    'the question changed meanwhile; nothing was sent, look again',
  );
});

test('so does an answer of somebody else', () => {
  expect(seen([...keys('ay'), again(rollingBack(1)), ...keys('<enter>')]).wishes).toEqual([]);
});

test('the same question again changes nothing of a confirmation', () => {
  expect(seen([...keys('ay'), again(asking), ...keys('<enter>')]).wishes).toHaveLength(1);
});

test('a plan that is not the one asked about cannot be answered here', () => {
  const unseen = { ...asking, plan: asking.plan && { ...asking.plan, digest: 'ffff' } };

  const { state } = seen(keys('a'), unseen);

  expect(state.dialog).toBeNull();
  expect(state.notice?.text).toBe(
    'the question about i-8a2b1c is about a plan that cannot be shown; rollbackd show i-8a2b1c',
  );
});

test('nothing is answered where nothing is asked', () => {
  expect(seen(keys('a'), rollingBack(1)).state.notice?.text).toBe('nothing is asked about i-8a2b1c');
});

test('a halt that stands is not asked for again', () => {
  const halted = { type: 'status', status: { ...status, halted: 'halted by alice' }, at: start } as const;

  expect(seen([halted, ...keys('H')]).state.notice?.text).toBe(
    'it is halted already; rollbackd unhalt lifts it',
  );
});

test('without a connection keys refuse, and so does a confirmation that had begun', () => {
  const lost = { type: 'lost', reason: 'gone', at: start, retryAt: start + SECOND } as const;

  expect(seen([lost, ...keys('a')]).state.notice?.text).toBe('not connected: nothing can be sent');
  const { state, wishes } = seen([...keys('ay'), lost, ...keys('<enter>')]);
  expect(wishes).toEqual([]);
  expect(state.notice?.text).toBe('the connection is lost; nothing was sent');
});

test('a connection is lost since the first failure, and found with the next status', () => {
  const lost = (at: number) => ({ type: 'lost', reason: 'gone', at, retryAt: at + SECOND }) as const;

  expect(seen([lost(start), lost(start + SECOND)]).state.lost?.since).toBe(start);
  expect(seen([lost(start), { type: 'status', status, at: start + SECOND }]).state.lost).toBeNull();
});

test('paused, the picture stands still and nothing can be sent; f goes on', () => {
  const closed = { ...status, open: [] };
  const later = { type: 'status', status: closed, at: start + MINUTE } as const;

  const { state } = seen([...keys('f'), later, ...keys('a')]);

  expect(state.paused?.picture.status.open).toHaveLength(1);
  expect(state.picture.status.open).toHaveLength(0);
  expect(state.notice?.text).toBe('paused: what is shown may be over; f goes on');
  expect(seen([...keys('f'), later, ...keys('f')]).state.paused).toBeNull();
});

test('the incident that asks is selected first; j and k select others, and look at them at once', () => {
  const rows = [aRow({ id: 'i-1' }), aRow({ id: 'i-2', state: 'asking' }), aRow({ id: 'i-3' })];
  const many = { type: 'status', status: { ...status, open: rows }, at: start } as const;

  expect(seen([many]).state.selected).toBe('i-2');
  expect(seen([many, ...keys('j')]).state.selected).toBe('i-3');
  expect(seen([many, ...keys('jjj')]).state.selected).toBe('i-3');
  expect(seen([many, ...keys('kk<up>')]).state.selected).toBe('i-1');
  expect(seen([many, ...keys('<down>')]).wishes).toEqual([{ do: 'look' }]);
});

test('an answer about an incident that is not selected any more is not shown', () => {
  const other = { type: 'incident', id: 'i-9', incident: { ...asking, id: 'i-9' }, at: start } as const;

  expect(seen([other]).state.picture.incident?.id).toBe('i-8a2b1c');
});

test('an incident that closes while it is looked at stays until another one opens', () => {
  const quiet = { type: 'status', status: { ...status, open: [] }, at: start } as const;
  const next = { type: 'status', status: { ...status, open: [aRow({ id: 'i-9' })] }, at: start } as const;

  expect(seen([quiet]).state.selected).toBe('i-8a2b1c');
  expect(seen([quiet]).state.picture.incident?.id).toBe('i-8a2b1c');
  expect(seen([quiet, next]).state.selected).toBe('i-9');
});

test('each entry is shown once, in order, whichever way it came', () => {
  const entry = (seq: number) =>
    ({ type: 'entry', entry: anEntry({ seq, message: `entry ${seq}` }) }) as const;

  const { state } = seen([entry(45), entry(44), entry(43), entry(45)]);

  expect(state.picture.journal.map(({ seq }) => seq)).toEqual([41, 42, 43, 44, 45]);
});

test('entries and readings are bounded', () => {
  const entries = Array.from(
    { length: 500 },
    (_, index) => ({ type: 'entry', entry: anEntry({ seq: 100 + index }) }) as const,
  );

  expect(seen(entries).state.picture.journal).toHaveLength(200);
});

test('a reading is shown when it is read, not each time one looks', () => {
  const same = { type: 'status', status, at: start + SECOND } as const;
  const read = {
    ...same,
    status: {
      ...status,
      hosts: status.hosts.map((rule) => ({ ...rule, readAt: start + SECOND, detail: '40% free of /' })),
    },
  };

  expect(seen([same]).state.picture.readings).toEqual(seen().state.picture.readings);
  expect(seen([read]).state.picture.readings.at(-1)?.detail).toBe('40% free of /');
  expect(seen([read]).state.picture.readings).toHaveLength(seen().state.picture.readings.length + 1);
});

test('what came of an answer is said, and looked at at once; the next key takes it away', () => {
  const answered = {
    type: 'answered',
    answer: { accepted: false, message: 'bob said approve already', incident: 'i-8a2b1c' },
    at: start,
  } as const;

  const { state, wishes } = seen([...keys('ay<enter>'), answered]);

  expect(state.notice).toEqual({ text: 'bob said approve already', tone: 'bad', at: start });
  expect(wishes.at(-1)).toEqual({ do: 'look' });
  expect(seen([answered, ...keys('x')]).state.notice).toBeNull();
});

test('while an answer is under way, no other is begun', () => {
  expect(seen(keys('ay<enter>a')).state.notice?.text).toBe('the last answer is still under way');
});

test('an answer that never came back is said to be one', () => {
  const failed = { type: 'unanswered', reason: 'the daemon did not answer', at: start } as const;

  expect(seen([...keys('ay<enter>'), failed]).state).toMatchObject({
    sending: false,
    notice: { text: 'the daemon did not answer', tone: 'bad' },
  });
});

test.each([['q'], ['<interrupt>'], ['a<interrupt>'], ['?<interrupt>']])('%s quits', (typed) => {
  expect(seen(keys(typed)).wishes).toEqual([{ do: 'quit' }]);
});

test.each([['<enter>q'], ['?q'], ['aq']])('%s does not', (typed) => {
  expect(seen(keys(typed)).wishes).toEqual([]);
});
