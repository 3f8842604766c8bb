import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { RollbackError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { slackWebhookChannel } from '../../src/notify/slack/webhook-channel.ts';
import { aMessage, first } from './messages.ts';
import { slackServer, type Reaction } from './slack-server.ts';

const never = new AbortController().signal;

/** What a post that goes wrong rejects with. */
async function failure(reaction: Reaction, timeoutMs = 10_000): Promise<RollbackError> {
  await using slack = await slackServer();
  slack.reactions.push(reaction);
  const channel = slackWebhookChannel({ webhook: new Secret(slack.url), timeoutMs });
  const error: unknown = await channel.send([aMessage({})], first, never).catch((thrown: unknown) => thrown);
  if (!(error instanceof RollbackError)) throw new Error(`expected a RollbackError, got ${String(error)}`);
  expect(slack.posts.length).toBe(1);
  return error;
}

test('a message is one post of plain text', async () => {
  await using slack = await slackServer();
  const channel = slackWebhookChannel({ webhook: new Secret(slack.url) });

  await channel.send([aMessage({})], first, never);
  await channel.send([aMessage({ urgent: true, text: '' })], first, never);

  expect(slack.posts).toEqual([
    'POST /services/T0/B0/canary-webhook application/json {"text":"CRITICAL backend i-7k3f9a: opened\\nrule: layra/api-error-rate","unfurl_links":false,"unfurl_media":false}',
    'POST /services/T0/B0/canary-webhook application/json {"text":"[ACT] CRITICAL backend i-7k3f9a: opened","unfurl_links":false,"unfurl_media":false}',
  ]);
});

test('mentions and links in data are inert', async () => {
  await using slack = await slackServer();
  const channel = slackWebhookChannel({ webhook: new Secret(slack.url) });

  await channel.send(
    [aMessage({ title: '<!channel> & <@U1>', text: '<https://evil|click> &lt;!here&gt;' })],
    first,
    never,
  );

  expect(slack.texts()).toEqual([
    '&lt;!channel&gt; &amp; &lt;@U1&gt;\n&lt;https://evil|click&gt; &amp;lt;!here&amp;gt;',
  ]);
});

test('a text that Slack would cut is cut visibly', async () => {
  await using slack = await slackServer();

  await slackWebhookChannel({ webhook: new Secret(slack.url) }).send(
    [aMessage({ title: 't', text: 'x'.repeat(9000) })],
    first,
    never,
  );

  expect(slack.texts()[0]).toBe(`t\n${'x'.repeat(3498)}\n… (cut)`);
  const channel = slackWebhookChannel({ webhook: new Secret(slack.url) });
  await channel.send([aMessage({ title: 't', text: `${'x'.repeat(3497)}${'😀'.repeat(5)}` })], first, never);
  expect(slack.texts()[1]).toBe(`t\n${'x'.repeat(3497)}\u{fffd}\n… (cut)`);
});

test.each<[Reaction, string, string, object]>([
  [
    { status: 429, retryAfter: '30' },
    'UNREACHABLE',
    'Slack answered a post with HTTP 429; it will be posted again',
    { status: 429, retryAfterMs: 30_000 },
  ],
  [
    { status: 429, retryAfter: 'soon' },
    'UNREACHABLE',
    'Slack answered a post with HTTP 429; it will be posted again',
    { status: 429 },
  ],
  [
    { status: 500 },
    'UNREACHABLE',
    'Slack answered a post with HTTP 500; it will be posted again',
    { status: 500 },
  ],
  [
    { status: 503, retryAfter: '5' },
    'UNREACHABLE',
    'Slack answered a post with HTTP 503; it will be posted again',
    { status: 503, retryAfterMs: 5_000 },
  ],
  [
    { status: 403, body: 'invalid_token' },
    'REFUSED',
    'Slack refused a post with HTTP 403: invalid_token; check slack.webhook',
    { status: 403 },
  ],
  [
    { status: 404, body: 'no_service' },
    'REFUSED',
    'Slack refused a post with HTTP 404: no_service; check slack.webhook',
    { status: 404 },
  ],
  ['hang up', 'UNREACHABLE', 'Slack could not be reached: other side closed', {}],
  ['redirect', 'UNREACHABLE', 'Slack could not be reached: unexpected redirect', {}],
])('%j is %s: %s', async (reaction, code, message, facts) => {
  const error = await failure(reaction);

  expect({ code: error.code, message: error.message, facts: error.facts }).toEqual({ code, message, facts });
});

test('a Slack that never answers is given up after the time-out', async () => {
  const error = await failure('hang', 50);

  expect(error.code).toBe('UNREACHABLE');
  expect(error.message).toBe('Slack did not answer a post within 50ms; it will be posted again');
});

test('stopping interrupts a post under way', async () => {
  await using slack = await slackServer();
  slack.reactions.push('hang');
  const stop = new AbortController();

  const sending = slackWebhookChannel({ webhook: new Secret(slack.url) }).send(
    [aMessage({})],
    first,
    stop.signal,
  );
  stop.abort();

  await expect(sending).rejects.toThrow('interrupted while posting to Slack; it will be posted again');
});

test('the address of the webhook is in no error, however it is looked at', async () => {
  const webhooks = [
    'http://127.0.0.1:9/services/canary-webhook',
    'canary-webhook is not a URL',
    'http://nowhere.invalid/canary-webhook',
  ];
  const errors = await Promise.all(
    webhooks.map((url) =>
      slackWebhookChannel({ webhook: new Secret(url) })
        .send([aMessage({})], first, never)
        .catch((thrown: unknown) => thrown),
    ),
  );
  errors.push(await failure({ status: 403, body: 'POST /services/T0/B0/canary-webhook: no' }));

  expect(errors.length).toBe(4);
  for (const error of errors) {
    expect(error).toBeInstanceOf(RollbackError);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  }
});
