import { createServer, type AddressInfo, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { RollbackError } from '../../../src/domain/errors.ts';
import type { EmailChannel } from '../../../src/domain/notification.ts';
import type { Report } from '../../../src/domain/ports/daemon.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { emailChannel, type EmailOptions } from '../../../src/notify/email/email-channel.ts';
import { aRow } from '../../fakes/daemon-views.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { selfSigned } from '../../support/certificate.ts';
import { aMessage, first } from '../messages.ts';
import { headersOf, mailServer, partsOf } from './mail-server.ts';

const never = new AbortController().signal;
const { cert, key } = selfSigned();
/** Neither encrypted nor asked who it is. */
const open = { disabledCommands: ['STARTTLS', 'AUTH'] };
const report: Report = {
  name: 'i-7k3f9a',
  markdown: '# What happened',
  html: '<!doctype html><p>What happened',
};

function channelTo(server: string, given: Partial<EmailChannel> = {}, options: Partial<EmailOptions> = {}) {
  const log = new RecordedLog();
  const channel = emailChannel({
    email: {
      server,
      user: null,
      password: null,
      from: 'rollbackd@shop.example',
      to: ['ops@shop.example', 'oncall@shop.example'],
      audience: 'internal',
      ...given,
    },
    environment: 'production',
    report: () => Promise.resolve(null),
    log,
    ...options,
  });
  return { channel, log };
}

const login = { user: 'rollbackd', password: new Secret('canary-password') };

function told(type: string, given: Parameters<typeof aMessage>[0] = {}) {
  const incident = aRow({ state: type === 'incident.closed' ? 'closed' : 'judging' });
  return aMessage({
    key: `i-7k3f9a/${type}/1/email`,
    channel: 'email',
    story: { type, message: 'said', facts: {}, incident },
    ...given,
  });
}

async function failureOf(sending: Promise<void>): Promise<RollbackError> {
  const error: unknown = await sending.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RollbackError)) throw new Error(`expected a RollbackError, got ${inspect(error)}`);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  return error;
}

test('a mail goes to every receiver, as text and as a page', async () => {
  await using server = await mailServer(open);
  const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);

  await channel.send([told('incident.opened', { urgent: true })], first, never);

  const [mail] = server.mails;
  expect(mail).toMatchObject({
    from: 'rollbackd@shop.example',
    to: ['ops@shop.example', 'oncall@shop.example'],
  });
  const headers = headersOf(mail?.raw ?? '');
  expect(headers).toMatchObject({
    from: 'rollbackd@shop.example',
    to: 'ops@shop.example, oncall@shop.example',
    subject: '[rollbackd production] backend i-7k3f9a',
    'auto-submitted': 'auto-generated',
    'x-auto-response-suppress': 'All',
    'x-rollbackd-incident': 'i-7k3f9a',
    importance: 'High',
    date: 'Mon, 05 Jan 2026 12:00:00 +0000',
  });
  expect(
    partsOf(mail?.raw ?? '').map(({ type, content }) => [type, content.trim().split('\n')[0]?.trim()]),
  ).toEqual([
    ['text/plain; charset=utf-8', '[ACT] CRITICAL backend i-7k3f9a: opened'],
    ['text/html; charset=utf-8', '<!doctype html>'],
  ]);
});

test('all mails of an incident are one thread, and the same message always has the same id', async () => {
  await using server = await mailServer(open);
  const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);
  const again = told('incident.closed');

  for (const message of [told('incident.opened'), told('decided'), again, again])
    await channel.send([message], first, never);

  const [opened, decided, closed, repeated] = server.mails.map(({ raw }) => headersOf(raw));
  const root = opened?.['message-id'];
  expect(root).toMatch(/^<[0-9a-f]{40}@shop\.example>$/);
  expect(opened?.['in-reply-to']).toBeUndefined();
  expect([decided?.['in-reply-to'], decided?.['references'], closed?.['references']]).toEqual([
    root,
    root,
    root,
  ]);
  expect([decided?.['subject'], closed?.['subject']]).toEqual(
    Array.from({ length: 2 }, () => 'Re: [rollbackd production] backend i-7k3f9a'),
  );
  expect(repeated?.['message-id']).toBe(closed?.['message-id']);
  expect(new Set([root, decided?.['message-id'], closed?.['message-id']]).size).toBe(3);
});

test('a sender with a name is one', async () => {
  await using server = await mailServer(open);
  const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`, { from: 'Roll Back <rb@shop.example>' });

  await channel.send([told('incident.opened')], first, never);

  const [mail] = server.mails;
  expect(mail?.from).toBe('rb@shop.example');
  expect(headersOf(mail?.raw ?? '')).toMatchObject({
    from: 'Roll Back <rb@shop.example>',
    'message-id': expect.stringMatching(/^<[0-9a-f]{40}@shop\.example>$/) as unknown,
  });
});

describe('the report', () => {
  test('is attached to the closing mail, in both its forms', async () => {
    await using server = await mailServer(open);
    const asked: string[] = [];
    const { channel } = channelTo(
      `smtp://127.0.0.1:${server.port}`,
      {},
      {
        report: async (incident) => (asked.push(incident), report),
      },
    );

    await channel.send([told('decided')], first, never);
    await channel.send([told('incident.closed')], first, never);

    expect(asked).toEqual(['i-7k3f9a']);
    expect(server.mails[0]?.raw).not.toContain('attachment');
    expect(partsOf(server.mails[1]?.raw ?? '').slice(2)).toEqual([
      { type: 'text/markdown; charset=utf-8; name=i-7k3f9a.md', content: '# What happened' },
      { type: 'text/html; charset=utf-8; name=i-7k3f9a.html', content: '<!doctype html><p>What happened' },
    ]);
  });

  test('that cannot be made keeps no mail back', async () => {
    await using server = await mailServer(open);
    const { channel, log } = channelTo(
      `smtp://127.0.0.1:${server.port}`,
      {},
      {
        report: () => Promise.reject(new Error('the store is busy')),
      },
    );

    await channel.send([told('incident.closed')], first, never);

    expect(server.mails.length).toBe(1);
    expect(log.lines).toEqual([
      'warn a mail goes without the report, which could not be made {"incident":"i-7k3f9a","error":"the store is busy"}',
    ]);
  });
});

describe('text of the world', () => {
  test('adds no header, no receiver and no markup', async () => {
    await using server = await mailServer(open);
    const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);
    const target = `shop\r\nBcc: everybody@shop.example\r\n\r\n\u202e<b>${'x'.repeat(10_000)}`;
    const message = told('decided', {
      title: target,
      text: '.\r\n.\r\nQUIT <img src=https://evil.example> <!channel> &',
    });

    await channel.send(
      [{ ...message, story: { ...message.story!, incident: aRow({ target }) } }],
      first,
      never,
    );
    await channel.send([{ ...message, story: null, incident: null }], first, never);

    for (const { to, raw } of server.mails) {
      expect(to).toEqual(['ops@shop.example', 'oncall@shop.example']);
      const headers = headersOf(raw);
      expect(headers['bcc']).toBeUndefined();
      expect((headers['subject'] ?? '').length).toBeLessThan(1_000);
      const [text, page] = partsOf(raw);
      expect(text?.content).toContain('\nQUIT <img src=https://evil.example> <!channel> &');
      expect(page?.content).toContain('QUIT &lt;img src=https://evil.example&gt; &lt;!channel&gt; &amp;');
      expect(page?.content).not.toMatch(/<b>|\u202e/);
    }
    expect(server.mails.length).toBe(2);
  });

  test('a link is one only where it is our own', async () => {
    await using server = await mailServer(open);
    const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);
    const text = 'why: decide: https://evil.example/\ndecide: https://ops.example/approve/k3.1.x?"><b>';

    await channel.send([told('question.asked', { text })], first, never);
    await channel.send([aMessage({ text, story: null })], first, never);

    const [own, other] = server.mails.map(({ raw }) => partsOf(raw)[1]?.content ?? '');
    expect(own?.match(/<a [^]*?<\/a>/g)).toEqual([
      '<a href="https://ops.example/approve/k3.1.x?&quot;&gt;&lt;b&gt;">Look at it and decide</a>',
    ]);
    expect(other).not.toContain('<a ');
  });
});

test('after the server asked for patience, what waited of an incident is one mail', async () => {
  await using server = await mailServer(open);
  const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);

  await channel.send(
    [told('decided', { title: 'one' }), told('incident.closed', { title: 'two' })],
    first,
    never,
  );

  expect(channel.joins).toBe(10);
  expect(partsOf(server.mails[0]?.raw ?? '')[0]?.content.replaceAll('\r', '')).toMatch(
    /^one\n\nrule: [^\n]+\n\n\ntwo\n\nrule: [^\n]+\n/,
  );
});

describe('encryption and passwords', () => {
  test('with STARTTLS the password and the mail go over the encrypted connection', async () => {
    await using server = await mailServer({ cert, key });
    const { channel } = channelTo(`smtp://localhost:${server.port}`, login, { ca: cert });

    await channel.send([told('decided')], first, never);

    expect(server.mails[0]?.secure).toBe(true);
    expect(server.logins).toEqual(['rollbackd canary-password']);
  });

  test('smtps encrypts from the first byte', async () => {
    await using server = await mailServer({ cert, key, secure: true });
    const { channel } = channelTo(`smtps://127.0.0.1:${server.port}`, login, { ca: cert });

    await channel.send([told('decided')], first, never);

    expect(server.mails[0]?.secure).toBe(true);
  });

  test('a certificate that nobody vouches for ends it before the password', async () => {
    await using server = await mailServer({ cert, key });
    const { channel } = channelTo(`smtp://localhost:${server.port}`, login);

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect(error.code).toBe('UNREACHABLE');
    expect(error.message).toMatch(
      /^the mail server smtp:\/\/localhost:\d+: no mail could be handed in \(.*certificate.*\); it will be sent again$/i,
    );
    expect([server.logins, server.mails]).toEqual([[], []]);
  });

  test('to another machine no password goes without encryption', async () => {
    await using server = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    // Loopback by another name, which says nothing of it.
    const { channel } = channelTo(`smtp://[::ffff:127.0.0.1]:${server.port}`, login);

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect(error.code).toBe('REFUSED');
    expect(server.logins).toEqual([]);
  });

  test('a wrong password is a refusal that says what to look at, without the password', async () => {
    await using server = await mailServer({
      cert,
      key,
      onAuth: (_, __, done) =>
        done(Object.assign(new Error('no canary-password here'), { responseCode: 535 })),
    });
    const { channel } = channelTo(`smtp://localhost:${server.port}`, login, { ca: cert });

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect({ code: error.code, message: error.message.replace(String(server.port), 'PORT') }).toEqual({
      code: 'REFUSED',
      message:
        'the mail server smtp://localhost:PORT: it did not accept email.user and email.password (535 no [secret] here); check email',
    });
  });
});

describe('a server that does not take a mail', () => {
  const refusing = (status: number) => ({
    ...open,
    onRcptTo: ({ address }: { address: string }, _: unknown, done: (error?: Error) => void) =>
      address.startsWith('ops')
        ? done(Object.assign(new Error('no such user'), { responseCode: status }))
        : done(),
  });

  test('for one of the receivers has taken it; who got none is in the log', async () => {
    await using server = await mailServer(refusing(550));
    const { channel, log } = channelTo(`smtp://127.0.0.1:${server.port}`);

    await channel.send([told('decided')], first, never);

    expect(server.mails[0]?.to).toEqual(['oncall@shop.example']);
    expect(log.lines).toEqual([
      'warn the mail server refused some receivers {"channel":"email","message":"i-7k3f9a/decided/1/email","refused":["ops@shop.example: 550 no such user"]}',
    ]);
  });

  test.each<[number, string, string]>([
    [550, 'REFUSED', 'it did not take the mail (550 no such user); check email'],
    [451, 'UNREACHABLE', 'it did not take the mail (451 no such user); it will be sent again'],
  ])('for anybody, with %i, is %s', async (status, code, said) => {
    await using server = await mailServer(refusing(status));
    const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`, { to: ['ops@shop.example'] });

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect([error.code, error.message]).toEqual([
      code,
      `the mail server smtp://127.0.0.1:${server.port}: ${said}`,
    ]);
  });

  test('because it hangs up, is tried again', async () => {
    await using server = await rawServer((socket) => socket.end('220 shop.example ESMTP\r\n'));
    const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect(error.code).toBe('UNREACHABLE');
    expect(error.message).toContain('no mail could be handed in');
  });

  test('because it says nothing, is given up in time', async () => {
    await using server = await rawServer(() => {});
    const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`, {}, { timeoutMs: 50 });

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect([error.code, error.message]).toEqual([
      'UNREACHABLE',
      `the mail server smtp://127.0.0.1:${server.port} did not take a mail within 50ms; it will be sent again`,
    ]);
  });

  test('because there is none, is tried again', async () => {
    const { channel } = channelTo('smtp://127.0.0.1:9');

    const error = await failureOf(channel.send([told('decided')], first, never));

    expect([error.code, error.message]).toEqual([
      'UNREACHABLE',
      'the mail server smtp://127.0.0.1:9: no mail could be handed in (connect ECONNREFUSED 127.0.0.1:9); it will be sent again',
    ]);
  });
});

test('stopping ends a conversation with a server at once', async () => {
  await using server = await rawServer(() => {});
  const { channel } = channelTo(`smtp://127.0.0.1:${server.port}`);
  const stop = new AbortController();
  const sending = channel.send([told('decided')], first, stop.signal);
  await server.connected;
  stop.abort();

  const error = await failureOf(sending);

  expect([error.code, error.message]).toEqual([
    'ABORTED',
    'interrupted while sending a mail; it will be sent again',
  ]);
});

/** A server that is none. */
async function rawServer(meet: (socket: Socket) => void) {
  const connected = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    meet(socket);
    connected.resolve();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connected: connected.promise,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
