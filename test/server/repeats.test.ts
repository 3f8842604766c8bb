import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RollbackError } from '../../src/domain/errors.ts';
import type { Token } from '../../src/domain/configuration.ts';
import type { CommandAnswer } from '../../src/domain/ports/daemon.ts';
import { Secret } from '../../src/domain/secret.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { serving, tokens } from './serving.ts';

const halt = '/api/v1/commands/halt';
const keyed = (key: string) => ({ 'idempotency-key': key });

test('an action that is sent again under its key is carried out once, and answered alike', async () => {
  const { send, daemon, inbox } = await serving();
  const first = await send('POST', halt, { body: { note: 'a' }, headers: keyed('k-1') });
  daemon.answer = { accepted: true, message: 'another answer', incident: null };
  const again = await send('POST', halt, { body: { note: 'a' }, headers: keyed('k-1') });

  expect(daemon.log).toEqual(['local (admin): halt {"note":"a"}']);
  expect(again).toMatchObject({ status: 200, type: first.type, text: first.text });
  expect([first.headers['idempotent-replay'], again.headers['idempotent-replay']]).toEqual([
    undefined,
    'true',
  ]);
  expect(inbox.log).toEqual([
    'new api ["local","k-1"]',
    'answered api ["local","k-1"]: {"came":"answer","status":200,"text":"{\\"accepted\\":true,\\"message\\":\\"done\\",\\"incident\\":null}","type":"application/json; charset=utf-8"}',
    'again api ["local","k-1"]',
  ]);
});

test('a refusal and a problem are answered alike, too', async () => {
  const { send, daemon } = await serving();
  daemon.answer = { accepted: false, message: 'no', incident: null };
  await send('POST', halt, { body: {}, headers: keyed('refused') });
  daemon.answer = new RollbackError('NOT_FOUND', 'there is no target shop');
  await send('POST', halt, { body: {}, headers: keyed('problem') });
  daemon.answer = { accepted: true, message: 'done', incident: null };

  expect(await send('POST', halt, { body: {}, headers: keyed('refused') })).toMatchObject({
    status: 409,
    type: 'application/json; charset=utf-8',
    body: { accepted: false, message: 'no', incident: null },
  });
  expect(await send('POST', halt, { body: {}, headers: keyed('problem') })).toMatchObject({
    status: 404,
    type: 'application/problem+json; charset=utf-8',
    body: { code: 'NOT_FOUND', detail: 'there is no target shop' },
  });
  expect(daemon.log).toHaveLength(2);
});

test('a key that comes with another request is refused', async () => {
  const { send, daemon } = await serving();
  await send('POST', halt, { body: { note: 'a' }, headers: keyed('k') });

  for (const [path, body] of [
    [halt, { note: 'b' }],
    ['/api/v1/commands/unhalt', { note: 'a' }],
  ] as const)
    expect((await send('POST', path, { body, headers: keyed('k') })).body).toEqual({
      status: 422,
      title: 'Unprocessable Entity',
      code: 'REPEAT_DIFFERS',
      detail: 'this Idempotency-Key came with another request before; use a new key for each action',
    });
  expect(daemon.log).toHaveLength(1);
});

test('everybody has keys of their own', async () => {
  const { send, daemon } = await serving({ tokens });
  for (const as of ['operator', 'admin'] as const)
    await send('POST', halt, { as, body: { note: as }, headers: keyed('k') });

  expect(daemon.log).toEqual([
    'the-operator (operator): halt {"note":"operator"}',
    'the-admin (admin): halt {"note":"admin"}',
  ]);
});

test('while it is carried out, a repeat is told to look', async () => {
  const { send, daemon } = await serving();
  const slow = Promise.withResolvers<CommandAnswer>();
  const asked = Promise.withResolvers<void>();
  daemon.execute = () => {
    asked.resolve();
    return slow.promise;
  };
  const first = send('POST', halt, { body: {}, headers: keyed('k') });
  await asked.promise;

  expect((await send('POST', halt, { body: {}, headers: keyed('k') })).body).toEqual({
    status: 409,
    title: 'Conflict',
    code: 'REPEAT_UNKNOWN',
    detail:
      'a request with this Idempotency-Key came before, and its answer cannot be given: it is still being carried out; look at what it was to do, then ask anew under another key if need be',
  });
  slow.resolve({ accepted: true, message: 'done', incident: null });
  expect((await first).status).toBe(200);
  expect((await send('POST', halt, { body: {}, headers: keyed('k') })).headers['idempotent-replay']).toBe(
    'true',
  );
});

test('when nothing happened the same key may try again; when nobody knows, not', async () => {
  const { send, daemon } = await serving();
  daemon.answer = new RollbackError('UNREACHABLE', 'docker does not answer');
  expect((await send('POST', halt, { body: {}, headers: keyed('k') })).status).toBe(503);
  daemon.answer = { accepted: true, message: 'done', incident: null };
  expect((await send('POST', halt, { body: {}, headers: keyed('k') })).status).toBe(200);
  daemon.answer = new TypeError('broken');
  expect((await send('POST', halt, { body: {}, headers: keyed('k-2') })).status).toBe(500);
  expect((await send('POST', halt, { body: {}, headers: keyed('k-2') })).body).toMatchObject({
    status: 409,
    code: 'REPEAT_UNKNOWN',
  });
  expect(daemon.log).toHaveLength(3);
});

test('what is tried again after nothing had happened, and then is not known to have ended, is not tried a third time', async () => {
  const { send, daemon } = await serving();
  const statuses = [];
  for (const answer of [
    new RollbackError('UNREACHABLE', 'docker does not answer'),
    new TypeError('broken'),
    { accepted: true, message: 'done', incident: null },
  ]) {
    daemon.answer = answer;
    statuses.push((await send('POST', halt, { body: {}, headers: keyed('k') })).status);
  }

  expect(statuses).toEqual([503, 500, 409]);
  expect(daemon.log).toHaveLength(2);
});

test('a secret is not kept, and so not given twice', async () => {
  const { send, daemon, inbox } = await serving();
  const view = {
    name: 'ci',
    role: 'viewer',
    by: 'local',
    at: start,
    expiresAt: null,
    revokedAt: null,
  } as const;
  daemon.madeToken = { secret: 'canary-4711', token: view };
  const make = () =>
    send('POST', '/api/v1/tokens', { body: { name: 'ci', role: 'viewer' }, headers: keyed('k') });

  expect((await make()).text).toContain('canary-4711');
  expect((await make()).body).toMatchObject({ status: 409, code: 'REPEAT_UNKNOWN' });
  expect(JSON.stringify([...inbox.rows.values(), inbox.log])).not.toContain('canary');
  expect(daemon.log).toHaveLength(1);
});

test.each(['two words', '\u00fc', 'x'.repeat(201), ''])(
  'the key %j is refused before anything happens',
  async (key) => {
    const { send, daemon, inbox } = await serving();
    const answer = await send('POST', halt, {
      body: {},
      headers: keyed(key),
    });

    expect(answer.body).toMatchObject({
      status: 400,
      detail: 'Idempotency-Key: must be 1 to 200 visible ASCII characters without spaces',
    });
    expect([daemon.log, inbox.log]).toEqual([[], []]);
  },
);

test('what is refused before it acts does not use up its key, and looking has none', async () => {
  const { send, inbox } = await serving({ tokens });
  await send('POST', halt, { as: 'viewer', body: {}, headers: keyed('k') });
  await send('POST', halt, { as: 'admin', body: { wrong: 1 }, headers: keyed('k') });
  await send('GET', '/api/v1/status', { as: 'admin', headers: keyed('k') });
  await send('POST', '/api/v1/nothing', { as: 'admin', body: {}, headers: keyed('k') });

  expect(inbox.log).toEqual([]);
});

test('the answer is kept although whoever asked has gone away', async () => {
  const { send, server, daemon } = await serving();
  const slow = Promise.withResolvers<CommandAnswer>();
  const asked = Promise.withResolvers<void>();
  daemon.execute = () => {
    asked.resolve();
    return slow.promise;
  };
  const socket = connect(server.port, '127.0.0.1');
  socket.write(
    `POST ${halt} HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await asked.promise;
  socket.destroy();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  slow.resolve({ accepted: true, message: 'done at last', incident: null });
  let answer = await send('POST', halt, { body: {}, headers: keyed('k') });
  while (answer.status === 409) answer = await send('POST', halt, { body: {}, headers: keyed('k') });

  expect(answer).toMatchObject({ status: 200, body: { message: 'done at last' } });
  expect(answer.headers['idempotent-replay']).toBe('true');
});

test('keys outlive the daemon: what it had answered is answered alike, what it had not is in doubt', async () => {
  const path = `${temporaryFolder('rollbackd')}/store.db`;
  const clock = new SimulatedClock();
  const names: Token[] = [{ name: 'alice', role: 'admin', token: new Secret('secret-of-admin') }];
  const before = await openSqliteStore({ path, clock });
  const first = await serving({ tokens: names, inbox: before });
  await first.send('POST', halt, { as: 'admin', body: {}, headers: keyed('answered') });
  const never = Promise.withResolvers<CommandAnswer>();
  const asked = Promise.withResolvers<void>();
  first.daemon.execute = () => {
    asked.resolve();
    return never.promise;
  };
  const lost = first.send('POST', halt, { as: 'admin', body: {}, headers: keyed('lost') });
  await asked.promise;
  await before.close();
  const after = await openSqliteStore({ path, clock });
  onTestFinished(() => after.close());
  const { send, daemon } = await serving({ tokens: names, inbox: after });
  const again = (key: string) => send('POST', halt, { as: 'admin', body: {}, headers: keyed(key) });

  expect(await again('answered')).toMatchObject({ status: 200, body: { message: 'done' } });
  expect((await again('lost')).text).toContain('the daemon ended while it was carried out');
  expect(daemon.log).toEqual([]);
  never.resolve({ accepted: true, message: 'too late', incident: null });
  expect((await lost).status).toBe(500);
});
