import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { Role } from '../../src/domain/configuration.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { aRow, anIncident } from '../fakes/daemon-views.ts';
import { serving, tokens, type Sent } from './serving.ts';

test('metrics and health need no token', async () => {
  const { send, daemon } = await serving({ tokens });

  expect(await send('GET', '/metrics')).toMatchObject({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    text: 'rollbackd_up 1\n',
  });
  expect(await send('GET', '/healthz')).toMatchObject({ status: 200, body: { alive: true } });
  expect(await send('GET', '/readyz')).toMatchObject({ status: 200, body: { ready: true } });

  daemon.isReady = false;
  expect(await send('GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false } });
});

test('every view is asked of the daemon with what the query says', async () => {
  const { send, daemon } = await serving();
  daemon.incidentViews = [anIncident({})];
  daemon.planView = new RollbackError('NOT_FOUND', 'there is no target shop; there is: backend');

  await send('GET', '/api/v1/status');
  await send('GET', '/api/v1/incidents');
  await send('GET', '/api/v1/incidents?open=true&target=backend&limit=5');
  await send('GET', '/api/v1/incidents/i-7k3f9a');
  await send('GET', '/api/v1/targets/shop/plan?to=r-1&playbook=layra%2Fservice');
  await send('GET', '/api/v1/targets/backend/releases');
  await send('GET', '/api/v1/targets/backend/gate?release=r-1');
  await send('GET', '/api/v1/rto?target=backend&sinceMs=1000');
  await send('GET', '/api/v1/doctor');
  await send('GET', '/api/v1/journal/verify');

  expect(daemon.log).toEqual([
    'status',
    'incidents {"limit":50}',
    'incidents {"limit":5,"open":true,"target":"backend"}',
    'incident i-7k3f9a',
    'plan {"target":"shop","to":"r-1","playbook":"layra/service"}',
    'releases backend',
    'gate backend r-1',
    'rto {"target":"backend","sinceMs":1000}',
    'doctor',
    'journal verify',
  ]);
});

test('a view is JSON, an unknown incident or target a problem', async () => {
  const { send, daemon } = await serving();
  daemon.incidentViews = [anIncident(aRow({}))];
  daemon.planView = new RollbackError('NOT_FOUND', 'there is no target shop; there is: backend');

  const found = await send('GET', '/api/v1/incidents/i-7k3f9a');
  expect(found.type).toBe('application/json; charset=utf-8');
  expect(found.body).toEqual(anIncident({}));

  const missing = await send('GET', '/api/v1/incidents/i-nope');
  expect(missing.type).toBe('application/problem+json; charset=utf-8');
  expect(missing.body).toEqual({
    status: 404,
    title: 'Not Found',
    code: 'NOT_FOUND',
    detail: 'there is no incident i-nope; `rollbackd incidents` lists them',
  });
  expect((await send('GET', '/api/v1/targets/shop/plan')).body).toEqual({
    status: 404,
    title: 'Not Found',
    code: 'NOT_FOUND',
    detail: 'there is no target shop; there is: backend',
  });
});

test('every command reaches the daemon as the actor of the token, with its defaults', async () => {
  const { send, daemon } = await serving({ tokens });
  const post = (name: string, body: unknown) =>
    send('POST', `/api/v1/commands/${name}`, { as: 'admin', body });

  await post('rollback', { target: 'backend', because: 'security' });
  await post('approve', { incident: 'i-1', planDigest: 'd1' });
  await post('reject', { incident: 'i-1', note: 'known' });
  await post('halt', {});
  await post('unhalt', {});
  await post('freeze', { forMs: 60_000 });
  await post('unfreeze', { target: 'backend' });
  await post('silence', { rule: 'layra/a', forMs: 60_000 });
  await post('unsilence', { rule: 'layra/a' });
  await post('arm', { rule: 'layra/a', target: 'backend' });
  await post('ack', { incident: 'i-1' });
  await post('bug', { target: 'backend', issue: ' LAYRA-12 ', by: 'ana' });
  await post('deploy', { target: 'backend', phase: 'begin' });
  await post('emergency', { target: 'backend', planDigest: 'd1' });
  await post('migrate', { phase: 'begin', target: 'backend', recipe: 'layra', set: 'b-1' });
  await post('migrate', { phase: 'end', target: 'backend', failed: true });
  await post('release', {
    target: 'backend',
    action: 'record',
    components: [{ kind: 'commit', value: 'abc' }],
  });
  await post('release', { target: 'backend', action: 'bad', release: 'r-1' });
  await post('reload', {});

  expect(daemon.log).toEqual([
    'the-admin (admin): rollback {"target":"backend","because":"security","to":null,"playbook":null,"note":""}',
    'the-admin (admin): approve {"incident":"i-1","planDigest":"d1","note":""}',
    'the-admin (admin): reject {"incident":"i-1","planDigest":null,"note":"known"}',
    'the-admin (admin): halt {"note":""}',
    'the-admin (admin): unhalt {"note":""}',
    'the-admin (admin): freeze {"target":null,"forMs":60000,"note":""}',
    'the-admin (admin): unfreeze {"target":"backend"}',
    'the-admin (admin): silence {"rule":"layra/a","target":null,"forMs":60000,"note":""}',
    'the-admin (admin): unsilence {"rule":"layra/a","target":null}',
    'the-admin (admin): arm {"rule":"layra/a","target":"backend"}',
    'the-admin (admin): ack {"incident":"i-1","note":""}',
    'the-admin (admin): bug {"target":"backend","issue":"LAYRA-12","by":"ana","note":""}',
    'the-admin (admin): deploy {"target":"backend","phase":"begin"}',
    'the-admin (admin): emergency {"target":"backend","note":"","planDigest":"d1"}',
    'the-admin (admin): migrate {"phase":"begin","target":"backend","recipe":"layra","set":"b-1","withinMs":7200000,"confirmed":false,"fixed":"","note":""}',
    'the-admin (admin): migrate {"phase":"end","target":"backend","failed":true,"note":""}',
    'the-admin (admin): release {"action":"record","target":"backend","components":[{"kind":"commit","value":"abc"}],"barrier":null}',
    'the-admin (admin): release {"action":"bad","target":"backend","release":"r-1","note":""}',
    'reload',
  ]);
});

test('a refused command is answered with 409 and the answer itself', async () => {
  const { send, daemon } = await serving();
  daemon.answer = { accepted: false, message: 'the plan changed; look again', incident: 'i-1' };

  const answer = await send('POST', '/api/v1/commands/approve', { body: { incident: 'i-1' } });

  expect(answer.status).toBe(409);
  expect(answer.body).toEqual({ accepted: false, message: 'the plan changed; look again', incident: 'i-1' });
});

const bodies: Readonly<Record<string, unknown>> = {
  rollback: { target: 'backend', because: 'security' },
  emergency: { target: 'backend' },
  approve: { incident: 'i-1' },
  reject: { incident: 'i-1' },
  halt: {},
  unhalt: {},
  freeze: { forMs: 1000 },
  unfreeze: {},
  silence: { rule: 'a', forMs: 1000 },
  unsilence: { rule: 'a' },
  arm: { rule: 'a' },
  ack: { incident: 'i-1' },
  migrate: { phase: 'end', target: 'a' },
  bug: { target: 'a', issue: 'X-1' },
  deploy: { target: 'a', phase: 'end' },
  release: { target: 'a', action: 'good', release: 'r-1' },
  reload: {},
};

test('a role may do its own and what the lower ones may, and nothing else', async () => {
  const { send } = await serving({ tokens });
  const allowed = async (role: Role) => {
    const names: string[] = [];
    for (const [name, body] of Object.entries(bodies)) {
      const { status } = await send('POST', `/api/v1/commands/${name}`, { as: role, body });
      if (status === 200) names.push(name);
      else expect([name, status]).toEqual([name, 403]);
    }
    return names.join(' ');
  };

  const operator = 'halt unhalt freeze unfreeze silence unsilence arm ack migrate bug deploy release';
  const approver =
    'rollback emergency approve reject halt unhalt freeze unfreeze silence unsilence arm ack migrate bug deploy release';
  expect(await allowed('viewer')).toBe('');
  expect(await allowed('operator')).toBe(operator);
  expect(await allowed('approver')).toBe(approver);
  expect(await allowed('dba')).toBe(approver);
  expect(await allowed('admin')).toBe(`${approver} reload`);
  expect((await send('GET', '/api/v1/status', { as: 'viewer' })).status).toBe(200);
});

test('who has no valid token learns nothing, not even which routes exist', async () => {
  const { send, daemon } = await serving({ tokens });
  const problem = {
    status: 401,
    title: 'Unauthorized',
    code: 'UNAUTHORIZED',
    detail: 'a valid token is needed: Authorization: Bearer TOKEN',
  };
  const attempts: Sent[] = [
    {},
    { headers: { authorization: 'Bearer ' } },
    { headers: { authorization: 'Bearer secret-of-nobody' } },
    { headers: { authorization: 'Bearer secret-of-admin2' } },
    { headers: { authorization: 'Basic secret-of-admin' } },
    { headers: { authorization: 'secret-of-admin' } },
  ];

  for (const sent of attempts)
    for (const path of [
      '/api/v1/status',
      '/api/v1/incidents/i-1',
      '/api/v1/nothing',
      '/api/v1/commands/halt',
    ]) {
      const answer = await send('GET', path, sent);
      expect(answer.body).toEqual(problem);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  expect(daemon.log).toEqual(['refused 127.0.0.1 unauthorized 1: GET /api/v1/status']);
});

test('a token of too low a role is told which role is needed, before its body is looked at', async () => {
  const { send, daemon } = await serving({ tokens });

  const answer = await send('POST', '/api/v1/commands/rollback', {
    as: 'operator',
    body: { nonsense: true },
  });

  expect(answer.body).toEqual({
    status: 403,
    title: 'Forbidden',
    code: 'FORBIDDEN',
    detail: 'the-operator is operator; this needs the role approver or above',
  });
  expect(daemon.log).toEqual(['refused the-operator forbidden 1: POST /api/v1/commands/rollback']);
});

test('without tokens the caller on loopback is the local admin', async () => {
  const { send, daemon } = await serving();

  await send('POST', '/api/v1/commands/halt', { body: {} });

  expect(daemon.log).toEqual(['local (admin): halt {"note":""}']);
});

test('tokens of a reloaded configuration take the place of the old ones', async () => {
  const { send, server } = await serving({ tokens });
  server.useTokens([{ name: 'new', role: 'viewer', token: new Secret('secret-of-dba') }]);

  expect((await send('GET', '/api/v1/status', { as: 'admin' })).status).toBe(401);
  expect((await send('GET', '/api/v1/status', { as: 'dba' })).status).toBe(200);
});

test('it does not listen beyond loopback without tokens', async () => {
  await expect(serving({ listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow(
    'listening on 0.0.0.0 without tokens would let anybody roll back; configure `tokens`, or listen on 127.0.0.1',
  );
});

test('a port in use is a clear error', async () => {
  const { server } = await serving();
  const listen = { host: '127.0.0.1', port: server.port };

  await expect(serving({ listen })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${server.port}: listen EADDRINUSE: address already in use 127.0.0.1:${server.port}; another rollbackd may be running, or \`listen\` needs another address`,
  );
});

test.each([
  ['backend.example.com', 403],
  ['127.0.0.1.evil.example', 403],
  ['evil.example:7390', 403],
  ['rollbackd', 403],
  ['10.0.0.1', 403],
  ['a b', 403],
  ['localhost:1', 200],
  ['127.0.0.1', 200],
  ['[::1]:7390', 200],
])('on loopback the Host header %s is answered with %i', async (host, status) => {
  const { send } = await serving();
  expect((await send('GET', '/api/v1/status', { headers: { host } })).status).toBe(status);
  expect((await send('GET', '/metrics', { headers: { host } })).status).toBe(status);
});

test.each([
  ['evil.example', 403],
  ['rollback.example.com', 200],
  ['rollbackd:7390', 200],
  ['10.0.0.1:7390', 200],
  ['rollbackd.ops.svc.cluster.local', 200],
])('beyond loopback the Host header %s is answered with %i', async (host, status) => {
  const { send } = await serving({
    tokens,
    listen: { host: '0.0.0.0', port: 0 },
    hosts: ['rollback.example.com'],
  });
  expect((await send('GET', '/readyz', { headers: { host } })).status).toBe(status);
});

test('a web page of another origin cannot use the browser of an operator', async () => {
  const { send, server, daemon } = await serving();
  const body = {};
  const from = (origin: string) => send('POST', '/api/v1/commands/halt', { body, headers: { origin } });

  expect((await from('http://evil.example')).status).toBe(403);
  expect((await from('null')).status).toBe(403);
  const asForm = { 'content-type': 'text/plain' };
  expect((await send('POST', '/api/v1/commands/halt', { raw: '{}', headers: asForm })).status).toBe(415);
  expect(daemon.log).toEqual([]);
  expect((await from(`http://127.0.0.1:${server.port}`)).status).toBe(200);
});

test.each([
  [
    'rollback',
    {},
    'target: is missing; because: expected one of corruption, security, regression, integration, slowdown',
  ],
  [
    'rollback',
    { target: 'a', because: 'boredom' },
    'because: expected one of corruption, security, regression, integration, slowdown',
  ],
  ['halt', { note: 'x', notee: 'y' }, 'body: unknown key notee'],
  ['halt', [], 'body: invalid input: expected object, received array'],
  ['halt', { note: 'two\nlines' }, 'note: must be one line without control characters'],
  ['freeze', { forMs: '1h' }, 'forMs: invalid input: expected number, received string'],
  ['freeze', { forMs: 0 }, 'forMs: too small: expected number to be >=1000'],
  [
    'migrate',
    { target: 'a', phase: 'end', failed: 'no' },
    'failed: invalid input: expected boolean, received string',
  ],
  ['deploy', { target: 'a', phase: 'middle' }, 'phase: expected one of begin, end'],
  [
    'release',
    { target: 'a', action: 'record', components: [] },
    'components: too small: expected array to have >=1 items',
  ],
])('%s with %j is refused: %s', async (name, body, detail) => {
  const { send, daemon } = await serving();

  const answer = await send('POST', `/api/v1/commands/${name}`, { body });

  expect(answer.body).toEqual({ status: 400, title: 'Bad Request', code: 'USAGE', detail });
  expect(daemon.log).toEqual([]);
});

test.each([
  ['/api/v1/incidents?open=maybe', 'open: expected one of true, false'],
  ['/api/v1/incidents?limit=0', 'limit: must be from 1 to 1000'],
  ['/api/v1/incidents?limit=-1', 'limit: must be a whole number'],
  ['/api/v1/incidents?opne=true', 'query: unknown key opne'],
  ['/api/v1/rto?sinceMs=1h', 'sinceMs: must be a whole number'],
])('%s is refused: %s', async (path, detail) => {
  const { send } = await serving();
  expect((await send('GET', path)).body).toMatchObject({ status: 400, detail });
});

test('what is not JSON, and what is too large, is refused as such', async () => {
  const { send, daemon } = await serving();
  const post = (sent: Sent) => send('POST', '/api/v1/commands/halt', sent);

  expect((await post({ raw: '{"note":' })).body).toMatchObject({
    status: 400,
    code: 'USAGE',
    detail:
      "the request could not be read: body is not valid JSON but content-type is set to 'application/json'",
  });
  expect((await post({ raw: '{"__proto__":{}}' })).status).toBe(400);
  expect((await post({ raw: '<halt/>', headers: { 'content-type': 'text/xml' } })).body).toMatchObject({
    status: 415,
    detail: 'send JSON, with content-type: application/json',
  });
  expect((await post({ body: { note: 'x'.repeat(64 * 1024) } })).body).toMatchObject({
    status: 413,
    detail: 'the body is larger than 64 KiB',
  });
  expect((await post({})).body).toMatchObject({ status: 400 });
  expect(daemon.log).toEqual([]);
});

test('an unexpected fault is a problem without its text, and is logged', async () => {
  const { send, daemon, log } = await serving();
  daemon.answer = new TypeError('cannot read properties of undefined');

  const answer = await send('POST', '/api/v1/commands/halt', { body: {} });

  expect(answer.body).toEqual({
    status: 500,
    title: 'Internal Server Error',
    code: 'UNEXPECTED',
    detail: 'an unexpected fault; the log of the daemon has it under request q1',
  });
  expect(log.lines).toEqual([
    'error an API request met an unexpected fault {"err":"cannot read properties of undefined","request":"q1","url":"/api/v1/commands/halt"}',
  ]);
});

test('an unknown path is a problem', async () => {
  const { send } = await serving();

  expect((await send('GET', '/api/v1/nothing?token=abc')).body).toMatchObject({
    status: 404,
    detail: 'there is no GET /api/v1/nothing; docs/api.md lists the routes',
  });
  expect((await send('GET', '/')).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
});

test('it closes although a client keeps its connection and says nothing', async () => {
  const { server } = await serving();
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET /api/v1/status HTTP/1.1\r\n');

  const closed = new Promise((resolve) => socket.once('close', resolve));
  await server.close();
  await server.close();
  await closed;

  expect(socket.destroyed).toBe(true);
});
