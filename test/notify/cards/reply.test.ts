import { expect, test } from 'vitest';
import type { Contact } from '../../../src/domain/notification.ts';
import type { Message } from '../../../src/domain/ports/channel.ts';
import { reply } from '../../../src/notify/slack/card/reply.ts';
import { textsIn } from './block-kit-rules.ts';
import { view } from './stages.ts';

function told(type: string, given: Partial<Message> = {}, facts: { people?: number } = {}): Message {
  return {
    key: 'k',
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: 0,
    title: 'HIGH backend i-7k3f9a: something',
    text: '',
    urgent: true,
    story: { type, message: '', facts, incident: view({}).incident },
    ...given,
  };
}

const people: readonly Contact[] = (['on_call', 'tech_lead', 'dba', 'devops'] as const).map((role) => ({
  role,
  name: role,
  slack: `U${role.replace('_', '').toUpperCase()}`,
  email: null,
  phone: null,
}));

const mentioned = (message: Message) =>
  [...JSON.stringify(reply([message], people).blocks).matchAll(/"user_id":"U(\w+)"/g)].map(([, id]) => id);

test('calls those whom it concerns', () => {
  expect(mentioned(told('question.asked', {}, { people: 1 }))).toEqual(['ONCALL']);
  expect(mentioned(told('question.asked', {}, { people: 2 }))).toEqual(['ONCALL', 'DBA']);
  expect(mentioned(told('incident.handed_over'))).toEqual(['ONCALL', 'TECHLEAD', 'DBA', 'DEVOPS']);
  expect(mentioned(told('effect.failed'))).toEqual([]);
});

test('has a title, and the text line by line', () => {
  const { text, blocks } = reply(
    [told('decided', { title: 'a title', text: 'rule: r\n\nwhy: because' })],
    [],
  );

  expect(text).toBe('a title');
  expect(textsIn(blocks)).toEqual(['a title', '\n', 'rule: r', '\n', 'why: because', '\n']);
});

test('says that it is cut where there is no room for more', () => {
  const text = Array.from({ length: 200 }, (_, index) => `line ${index} ${'x'.repeat(60)}`).join('\n');
  const texts = textsIn(reply([told('decided', { text })], []).blocks);

  expect(texts.at(-2)).toBe('… (cut)');
  expect(texts.filter((shown) => shown.includes('(cut)'))).toHaveLength(1);
  expect(texts.join('').length).toBeLessThan(3_000);
});

test('that tells many together says how many a notification leaves out', () => {
  const many = Array.from({ length: 20 }, (_, index) => told('decided', { title: `title ${index}` }));

  expect(reply(many, []).text.split('\n').at(-1)).toBe('… and 12 more (cut)');
  expect(reply(many, []).blocks).toHaveLength(20);
});
