import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  alertmanagerShape,
  emailShape,
  notifyShape,
  slackAppShape,
  webhookShape,
} from '../../src/config/channel-shapes.ts';
import { announcementShape } from '../../src/config/communications.ts';
import { approverShape, contactShape, routeShape } from '../../src/config/people-shapes.ts';
import { shop, verdictOn } from './configuring.ts';

const page = readFileSync('docs/configuration.md', 'utf8');
const examples = [...page.matchAll(/^### (.*)\n(?:(?!^##)[^])*?^```yaml\n(rules:\n[^]*?)^```/gm)].map(
  ([, title = '', rules = '']) => ({ title, rules }),
);

test('the page shows rules of every kind', () => {
  expect(examples.map(({ title }) => title)).toEqual([
    'rules.yaml',
    'Signals that flap',
    'Several signals',
    'Baselines',
  ]);
});

test.each(examples)('the rules under "$title" load', async ({ rules }) => {
  const verdict = await verdictOn({ ...shop, 'packs/shop/rules.yaml': rules });
  expect(verdict.split('\n').filter((line) => !line.includes('warning: '))).toEqual(
    verdict === 'ok' ? ['ok'] : [],
  );
});

/** The YAML under a heading of the page. */
function shownUnder(title: string): string {
  const [section = ''] = page.split(`\n### ${title}\n`).at(1)?.split('\n### ') ?? [];
  return [...section.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, yaml = '']) => yaml).join('');
}

test('the channels, routes and people of the page load together', async () => {
  const [channels, routes, people] = ['Channels', 'Routes', 'People'].map(shownUnder);
  const main = (shop['rollbackd.yaml'] ?? '').replace('  shop:\n', '  backend:\n');
  const secrets = ['slack_bot', 'slack_app', 'mail', 'status_key'].map((name) => [
    `/run/secrets/${name}`,
    name,
  ]);
  const verdict = await verdictOn({
    ...shop,
    ...Object.fromEntries(secrets),
    '/run/secrets/status_page': 'https://status.example/hook',
    'rollbackd.yaml': `${main}${channels ?? ''}${routes ?? ''}${people ?? ''}`,
  });
  expect(verdict).toBe('ok');
  expect([channels, routes, people].map((yaml) => yaml?.split('\n')[0])).toEqual([
    'slack:',
    'notify:',
    'contacts:',
  ]);
});

test('the communication plan of the page loads', async () => {
  const plan = shownUnder('communication.yaml');
  expect(plan).toContain('${lasted}');
  expect(await verdictOn({ ...shop, 'packs/shop/communication.yaml': plan })).toBe('ok');
});

const referred: readonly (readonly [string, object])[] = [
  ['Channels', { ...slackAppShape, ...emailShape, ...webhookShape, ...alertmanagerShape }],
  ['Routes', { ...notifyShape, ...routeShape }],
  ['People', { ...contactShape, ...approverShape }],
  ['communication.yaml', announcementShape],
];

test.each(referred)('every key under "%s" is explained', (title, shape) => {
  const [section = ''] = page.split(`\n### ${title}\n`).at(1)?.split('\n### ') ?? [];
  const keys = Object.keys(shape);
  expect(keys.length).toBeGreaterThan(3);
  expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(section))).toEqual([]);
});
