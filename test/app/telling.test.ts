import { describe, expect, test } from 'vitest';
import { tell, type Directory } from '../../src/app/telling.ts';
import type { Contact } from '../../src/domain/notification.ts';
import type { IncidentRow, NewEntry } from '../../src/domain/ports/store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { start } from '../fakes/clock.ts';
import { aRow } from '../fakes/daemon-views.ts';

const status = { name: 'status', url: new Secret('https://status.example'), secret: null };
const onCall: Contact = { role: 'on_call', name: 'Alice', slack: null, email: null, phone: '1' };
const devops: Contact = { role: 'devops', name: 'Dev', slack: null, email: null, phone: '2' };

const directory: Directory = {
  channels: {
    slackWebhook: null,
    slackApp: null,
    email: null,
    webhooks: [{ ...status, audience: 'external' }],
    alertmanager: null,
  },
  notify: {
    routes: [{ channels: ['pager'], targets: null, severities: ['critical'] }],
    contacts: [onCall, devops],
    remindMs: 1,
  },
  rules: [],
};

function entry(given: Partial<NewEntry>): NewEntry {
  return {
    at: start,
    incident: 'i-7k3f9a',
    target: 'backend',
    type: 'incident.opened',
    message: 'broken',
    facts: {},
    ...given,
  };
}

const titleOf = (given: Partial<NewEntry>, row: IncidentRow | null, channel: string) =>
  tell(entry(given), row, channel, directory)?.title ?? null;

describe('a transition of an incident', () => {
  test('is told to the channels that hear of its target and severity', () => {
    expect(titleOf({}, aRow({}), 'slack')).toBe('CRITICAL backend i-7k3f9a: broken');
    expect(titleOf({}, aRow({}), 'pager')).toBe('CRITICAL backend i-7k3f9a: broken');
    expect(titleOf({}, aRow({ severity: 'high' }), 'pager')).toBe(null);
  });

  test('that is not worth a message stays in the journal', () => {
    expect(titleOf({ type: 'effect.started' }, aRow({}), 'slack')).toBe(null);
  });

  test.each(['question.prolonged', 'question.reminder', 'question.answered', 'incident.reminder'])(
    '%s is told',
    (type) => {
      expect(titleOf({ type }, aRow({}), 'slack')).toBe('CRITICAL backend i-7k3f9a: broken');
    },
  );

  test('is never told to people outside', () => {
    expect(titleOf({}, aRow({}), 'status')).toBe(null);
    expect(titleOf({ type: 'halted', incident: null }, null, 'status')).toBe(null);
  });

  test('names those who run the machines where the rule is about a host or a disk', () => {
    const called = (rule: Directory['rules'][number]) =>
      tell(entry({ type: 'incident.handed_over' }), aRow({ rule: 'layra/disk-space' }), 'slack', {
        ...directory,
        rules: [rule],
      })
        ?.text.split('\n')
        .filter((line) => line.startsWith('call'));
    const rule = {
      id: 'layra/disk-space',
      scope: 'target',
      source: { kind: 'http', options: {} },
    } as Directory['rules'][number];

    expect(called(rule)).toEqual(['call: on call Alice, 1']);
    expect(called({ ...rule, scope: 'host' })).toEqual(['call: DevOps Dev, 2']);
    expect(called({ ...rule, source: { kind: 'disk', options: {} } })).toEqual(['call: DevOps Dev, 2']);
    expect(
      called({
        ...rule,
        source: { kind: 'any', options: { parts: [{ source: { kind: 'disk', options: {} } }] } },
      }),
    ).toEqual(['call: DevOps Dev, 2']);
  });
});

describe('an announcement', () => {
  const said = (audience: string) => ({
    type: 'announcement',
    message: `announced to the ${audience} audience: We look into it.`,
    facts: { communication: 'layra/outage', audience, number: 2, text: 'We look into it.\nMore at noon.' },
  });

  test('reaches its audience in its own words and nothing else, also after the incident closed', () => {
    const message = tell(entry(said('external')), null, 'status', directory);

    expect(message).toEqual({
      key: `i-7k3f9a/announcement/2/${start}/status`,
      channel: 'status',
      incident: 'i-7k3f9a',
      at: start,
      title: 'We look into it.',
      text: 'More at noon.',
      urgent: false,
      story: null,
    });
    expect(titleOf(said('internal'), aRow({}), 'status')).toBe(null);
  });

  test('for the team goes to its channels, as routes say', () => {
    expect(titleOf(said('internal'), aRow({}), 'slack')).toBe('We look into it.');
    expect(titleOf(said('external'), aRow({}), 'slack')).toBe(null);
    expect(titleOf(said('internal'), aRow({ severity: 'high' }), 'pager')).toBe(null);
  });

  test('without words is none', () => {
    expect(titleOf({ ...said('external'), facts: { audience: 'external', text: ' ' } }, null, 'status')).toBe(
      null,
    );
  });
});

describe('a thing of the daemon as a whole', () => {
  const daemon = { incident: null, target: null, message: 'something\r\n\u202ehappened' };

  test.each([
    'token.made',
    'token.revoked',
    'halted',
    'command.unfreeze',
    'channel.failing',
    'channel.recovered',
    'message.given_up',
  ])('%s is told to every channel of the team', (type) => {
    expect(titleOf({ ...daemon, type }, null, 'slack')).toBe('something \ufffdhappened');
    expect(titleOf({ ...daemon, type }, null, 'pager')).toBe('something \ufffdhappened');
  });

  test('that is about a channel is not told to that channel', () => {
    const failing = { ...daemon, type: 'channel.failing', facts: { channel: 'slack' } };

    expect(titleOf(failing, null, 'slack')).toBe(null);
    expect(tell(entry(failing), null, 'pager', directory)?.urgent).toBe(true);
  });

  test('that nobody needs to know stays in the journal', () => {
    expect(titleOf({ ...daemon, type: 'message.dropped' }, null, 'slack')).toBe(null);
    expect(titleOf({ ...daemon, type: 'notify.tested' }, null, 'slack')).toBe(null);
  });
});
