import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { slackAppChannel } from '../../../src/notify/slack/app-channel.ts';
import { webApi } from '../../../src/notify/slack/web-api.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { first, never, telling } from './talking.ts';

/** A server that takes everything and keeps what it was sent, by its path. */
async function taking(answer: string) {
  const sent: (readonly [string, URLSearchParams])[] = [];
  const headers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      sent.push([request.url ?? '', new URLSearchParams(body)]);
      headers.push(request.headers.authorization);
      response.end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const app = { botToken: new Secret('xoxb-canary'), apiUrl: `${url}/api/` };
  return {
    sent,
    headers,
    url,
    app,
    api: webApi({ app, log: new RecordedLog() }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a message says that Slack is to parse, format and unfurl nothing, and how it is found again', async () => {
  await using s = await taking('{"ok":true,"ts":"1.1"}');
  const channel = slackAppChannel({
    app: { ...s.app, appToken: null, signingSecrets: [], channel: 'C1', team: 'T1', app: 'A1' },
    store: { post: () => Promise.resolve(null), putPost: () => Promise.resolve() },
    view: () => Promise.resolve(null),
    report: () => Promise.resolve(null),
    contacts: () => [],
    page: () => null,
    clock: new SimulatedClock(),
    log: new RecordedLog(),
  });
  await channel.send([telling('halted', { incident: null, key: 'daemon/halted/1/slack' })], first, never);

  const [[path, form] = ['', new URLSearchParams()]] = s.sent;
  const { blocks, ...others } = Object.fromEntries(form);
  expect(path).toBe('/api/chat.postMessage');
  expect(blocks).toContain('rich_text');
  expect(others).toEqual({
    channel: 'C1',
    text: 'halted',
    mrkdwn: 'false',
    parse: 'none',
    link_names: 'false',
    unfurl_links: 'false',
    unfurl_media: 'false',
    metadata: '{"event_type":"rollbackd_message","event_payload":{"keys":["daemon/halted/1/slack"]}}',
  });
});

test('an answer that does not end is not read to its end', async () => {
  await using s = await taking(`{"ok":true,"x":"${'x'.repeat(9 * 1024 * 1024)}"}`);

  await expect(s.api.call('chat.update', {}, never)).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: expect.stringContaining('an answer of more than 8388608 bytes') as string,
  });
});

test('a file is sent without the token, and not to an address in the clear', async () => {
  await using s = await taking('');
  await using other = await taking('');
  await s.api.upload(`${s.url}/upload/1`, Buffer.from('report'), never);
  await expect(s.api.upload(`${other.url}/upload/1`, Buffer.from('report'), never)).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'Slack said to upload a file to an address without https; it is not sent',
  });

  expect(s.headers).toEqual([undefined]);
  expect(other.sent).toEqual([]);
});
