import { expect, test } from 'vitest';
import type { ChannelPart, Route } from '../../src/domain/notification.ts';
import { audienceOf, channelsFor, hears } from '../../src/domain/routes.ts';
import { Secret } from '../../src/domain/secret.ts';

const all = { targets: null, severities: null };
const high = { target: 'shop', severity: 'high' } as const;

test.each<readonly [string, Partial<Route> | null, boolean]>([
  ['no route at all', null, true],
  ['a route without conditions', {}, true],
  ['a route of its target', { targets: ['cart', 'shop'] }, true],
  ['a route of another target', { targets: ['cart'] }, false],
  ['a route of its severity', { severities: ['high'] }, true],
  ['a route of another severity', { severities: ['critical'] }, false],
  ['a route of its target and another severity', { targets: ['shop'], severities: ['critical'] }, false],
])('%s decides whether a channel hears of an incident', (_, route, heard) => {
  const routes = route === null ? [] : [{ channels: ['slack'], ...all, ...route }];
  expect(hears('slack', high, { routes })).toBe(heard);
  // Routes of other channels are nothing to it.
  expect(hears('email', high, { routes })).toBe(true);
});

test('one of several routes is enough, and what has no target or severity is kept from nobody', () => {
  const routes = [
    { channels: ['slack'], targets: ['cart'], severities: null },
    { channels: ['slack', 'email'], targets: null, severities: ['critical' as const] },
  ];
  expect(hears('slack', { target: 'cart', severity: 'medium' }, { routes })).toBe(true);
  expect(hears('slack', { target: 'shop', severity: 'critical' }, { routes })).toBe(true);
  expect(hears('slack', { target: 'shop', severity: 'medium' }, { routes })).toBe(false);
  expect(hears('slack', { target: null, severity: null }, { routes })).toBe(true);
});

test('channels reach the team unless they say otherwise', () => {
  const email = { server: 'smtp://mail', user: null, password: null, from: 'a@b', to: ['c@d'] };
  const webhook = { name: 'status', url: new Secret('https://status.example'), secret: null };
  const none: ChannelPart = {
    slackWebhook: null,
    slackApp: null,
    email: null,
    webhooks: [],
    alertmanager: null,
  };
  const some: ChannelPart = {
    ...none,
    slackWebhook: new Secret('https://hooks.example'),
    email: { ...email, audience: 'external' },
    webhooks: [{ ...webhook, audience: 'external' }],
    alertmanager: { url: 'http://alertmanager:9093', labels: {} },
  };
  expect(channelsFor('internal', none)).toEqual([]);
  expect(channelsFor('internal', some)).toEqual(['slack', 'alertmanager']);
  expect(channelsFor('external', some)).toEqual(['email', 'status']);
  expect(['slack', 'email', 'status', 'alertmanager', 'log'].map((name) => audienceOf(name, some))).toEqual([
    'internal',
    'external',
    'external',
    'internal',
    'internal',
  ]);
});
