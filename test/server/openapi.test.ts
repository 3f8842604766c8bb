import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import type { ExplainView } from '../../src/domain/explanation.ts';
import { rtoPhases } from '../../src/domain/ports/store.ts';
import { asked, askingRow, badNight, badRow, rolledBack } from '../cli/world.ts';
import { start } from '../fakes/clock.ts';
import { anEntry, aPlan, aRelease, emptyRto } from '../fakes/daemon-views.ts';
import { fakeDesk } from '../fakes/backup-desk.ts';
import type { FakeDaemon } from '../fakes/daemon.ts';
import { Description, type Described } from './described.ts';
import { serving, tokens, type Answer, type Sent } from './serving.ts';

/** A request for each route that a daemon with everything filled in answers with what was asked for. */
const requests: Readonly<Record<string, { readonly path: string; readonly body?: unknown }[]>> = {
  'GET /metrics': [{ path: '/metrics' }],
  'GET /healthz': [{ path: '/healthz' }],
  'GET /readyz': [{ path: '/readyz' }],
  'GET /api/v1/status': [{ path: '/api/v1/status' }],
  'GET /api/v1/doctor': [{ path: '/api/v1/doctor' }],
  'GET /api/v1/explain': [{ path: '/api/v1/explain?rule=layra/a&target=backend&at=1' }],
  'GET /api/v1/rto': [{ path: '/api/v1/rto?target=backend&sinceMs=1' }],
  'GET /api/v1/journal': [{ path: '/api/v1/journal?after=0&incident=i-7k3f9a&limit=3' }],
  'GET /api/v1/journal/verify': [{ path: '/api/v1/journal/verify' }],
  'GET /api/v1/incidents': [{ path: '/api/v1/incidents?open=true' }],
  'GET /api/v1/incidents/{id}': [
    { path: '/api/v1/incidents/i-7k3f9a' },
    { path: '/api/v1/incidents/i-8a2b1c' },
  ],
  'GET /api/v1/incidents/{id}/report': [
    { path: '/api/v1/incidents/i-7k3f9a/report' },
    { path: '/api/v1/incidents/i-7k3f9a/report?format=markdown' },
    { path: '/api/v1/incidents/i-7k3f9a/report?format=html' },
  ],
  'GET /api/v1/targets/{target}/plan': [{ path: '/api/v1/targets/backend/plan?to=r-1' }],
  'GET /api/v1/targets/{target}/migration': [
    { path: '/api/v1/targets/backend/migration?recipe=layra&again=true' },
  ],
  'GET /api/v1/targets/{target}/releases': [{ path: '/api/v1/targets/backend/releases' }],
  'GET /api/v1/targets/{target}/gate': [{ path: '/api/v1/targets/backend/gate' }],
  'POST /api/v1/commands/rollback': [
    { path: '/api/v1/commands/rollback', body: { target: 'backend', because: 'security' } },
  ],
  'POST /api/v1/commands/emergency': [{ path: '/api/v1/commands/emergency', body: { target: 'a' } }],
  'POST /api/v1/commands/migrate': [
    { path: '/api/v1/commands/migrate', body: { phase: 'begin', target: 'a', recipe: 'layra', set: 'b-1' } },
  ],
  'POST /api/v1/commands/approve': [{ path: '/api/v1/commands/approve', body: { incident: 'i-1' } }],
  'POST /api/v1/commands/reject': [{ path: '/api/v1/commands/reject', body: { incident: 'i-1' } }],
  'POST /api/v1/commands/prolong': [{ path: '/api/v1/commands/prolong', body: { incident: 'i-1' } }],
  'POST /api/v1/commands/hand_over': [{ path: '/api/v1/commands/hand_over', body: { incident: 'i-1' } }],
  'POST /api/v1/commands/halt': [{ path: '/api/v1/commands/halt', body: {} }],
  'POST /api/v1/commands/unhalt': [{ path: '/api/v1/commands/unhalt', body: {} }],
  'POST /api/v1/commands/freeze': [{ path: '/api/v1/commands/freeze', body: { forMs: 1000 } }],
  'POST /api/v1/commands/unfreeze': [{ path: '/api/v1/commands/unfreeze', body: {} }],
  'POST /api/v1/commands/silence': [{ path: '/api/v1/commands/silence', body: { rule: 'a', forMs: 1000 } }],
  'POST /api/v1/commands/unsilence': [{ path: '/api/v1/commands/unsilence', body: { rule: 'a' } }],
  'POST /api/v1/commands/arm': [{ path: '/api/v1/commands/arm', body: { rule: 'a' } }],
  'POST /api/v1/commands/ack': [{ path: '/api/v1/commands/ack', body: { incident: 'i-1' } }],
  'POST /api/v1/commands/bug': [{ path: '/api/v1/commands/bug', body: { target: 'a', issue: 'X-1' } }],
  'POST /api/v1/commands/deploy': [{ path: '/api/v1/commands/deploy', body: { target: 'a', phase: 'end' } }],
  'POST /api/v1/commands/release': [
    { path: '/api/v1/commands/release', body: { target: 'a', action: 'good', release: 'r-1' } },
  ],
  'POST /api/v1/commands/reload': [{ path: '/api/v1/commands/reload', body: {} }],
  'GET /api/v1/tokens': [{ path: '/api/v1/tokens' }],
  'POST /api/v1/tokens': [{ path: '/api/v1/tokens', body: { name: 'ci', role: 'operator' } }],
  'POST /api/v1/tokens/{name}/revoke': [{ path: '/api/v1/tokens/ci/revoke', body: {} }],
  'DELETE /api/v1/tokens/{name}': [{ path: '/api/v1/tokens/ci' }],
  'POST /api/v1/codes': [
    { path: '/api/v1/codes', body: { incident: 'i-1', name: 'carol', role: 'approver' } },
  ],
  'POST /api/v1/notify/test': [{ path: '/api/v1/notify/test', body: {} }],
  'GET /api/v1/backups': [{ path: '/api/v1/backups' }],
  'GET /api/v1/backups/jobs/{id}': [{ path: '/api/v1/backups/jobs/j-1' }],
  'GET /api/v1/backups/{id}': [{ path: '/api/v1/backups/b-20260105-120000-x7k2' }],
  'POST /api/v1/backups': [{ path: '/api/v1/backups', body: { recipe: 'shop' } }],
  'POST /api/v1/backups/{id}/verify': [{ path: '/api/v1/backups/b-1/verify', body: { rehearse: true } }],
  'POST /api/v1/backups/{id}/restore': [{ path: '/api/v1/backups/b-1/restore', body: { parts: ['a'] } }],
  'POST /api/v1/backups/prune': [{ path: '/api/v1/backups/prune', body: {} }],
  'GET /api/v1/openapi.json': [{ path: '/api/v1/openapi.json' }],
};

/** It never ends; how it speaks is told in its own tests. */
const endless = 'GET /api/v1/events';

const explanation: ExplainView = {
  rule: 'layra/api-error-rate',
  subject: 'backend',
  summary: 'Share of API requests answered with 5xx',
  runbook: null,
  source: 'prometheus',
  at: start,
  now: true,
  from: null,
  readAt: start,
  mode: 'auto',
  armed: true,
  verdict: 'breach',
  value: 0.612,
  detail: '61.2% of requests',
  levels: [
    {
      severity: 'critical',
      condition: 'above 50% for 1m',
      phase: 'firing',
      since: start,
      progress: '1m of 1m',
      breaches: true,
      remark: null,
      distance: '11.2% beyond',
      decision: rolledBack.decision,
    },
  ],
  queries: [
    {
      title: 'query',
      parts: [
        { text: 'up', depth: 0, series: [{ labels: { job: 'a' }, value: 'NaN' }], more: 0, problem: null },
      ],
    },
  ],
};

function fill(daemon: FakeDaemon): void {
  const token = {
    name: 'ci',
    role: 'operator',
    by: 'alice',
    at: start,
    expiresAt: null,
    revokedAt: start,
  } as const;
  const phases = Object.fromEntries(
    rtoPhases.map((phase) => [phase, { actualMs: 1.5, objectiveMs: null }]),
  ) as never;
  daemon.statusView = badNight;
  daemon.incidentViews = [rolledBack, asked];
  daemon.incidents = async () => [badRow, askingRow];
  daemon.explainView = explanation;
  daemon.planView = aPlan({ findings: [{ level: 'warn', step: -1, message: 'no traffic' }] });
  daemon.migrationView = {
    target: 'backend',
    now: start,
    open: {
      by: 'alice',
      since: start,
      until: start + 1,
      recipe: 'layra',
      set: 'b-1',
      release: 'r-1',
      commit: null,
      note: '',
      again: { incident: 'i-1', fixed: 'the index' },
    },
    checks: [{ what: 'the team was briefed', done: null, detail: '' }],
    refusals: [],
    confirm: ['mongo: medium risk of loss'],
    needsSet: true,
  };
  daemon.releaseViews = [aRelease({ name: 'shop:1' })];
  daemon.gateView = { open: false, reasons: ['halted'] };
  daemon.doctorView = { checks: [{ name: 'store', ok: true, detail: 'writable' }] };
  daemon.rtoView = {
    ...emptyRto,
    incidents: 1,
    rows: [
      {
        incident: 'i-1',
        target: 'backend',
        severity: 'high',
        rule: 'a',
        outcome: 'recovered',
        closedAt: start,
        phases,
        data: null,
      },
    ],
  };
  daemon.append(anEntry({ facts: { any: ['thing', { at: 1 }] } }));
  daemon.tokenViews = [token];
  daemon.madeToken = { secret: 's', token };
  daemon.madeCode = { code: '12345678', expiresAt: start, page: '/approve/x' };
  daemon.reportOf = { name: 'i-7k3f9a', markdown: '# i-7k3f9a', html: '<!doctype html>' };
  daemon.tried = [{ channel: 'slack', ok: true, detail: 'sent' }];
}

async function described() {
  const at = await serving({ tokens, backups: fakeDesk });
  fill(at.daemon);
  const { body } = await at.send('GET', '/api/v1/openapi.json', { as: 'viewer' });
  return { ...at, description: new Description(body as Described) };
}

test('the document is valid OpenAPI 3.1 and names every route', async () => {
  const { description } = await described();

  expect(await new Validator().validate({ ...description.document })).toEqual({ valid: true });
  expect(description.document.openapi).toBe('3.1.0');
  expect(description.operations().toSorted()).toEqual([...Object.keys(requests), endless].toSorted());
});

test('who has no token does not get the document', async () => {
  const { send } = await serving({ tokens });
  expect((await send('GET', '/api/v1/openapi.json')).status).toBe(401);
});

test('every answer of every route is what the document says', async () => {
  const { description, send } = await described();
  const answered: string[] = [];
  const wrong: string[] = [];
  for (const operation of description.operations().filter((name) => name !== endless)) {
    const [method = ''] = operation.split(' ');
    for (const { path, body } of requests[operation] ?? []) {
      const answer = await send(method, path, { as: 'admin', ...(body === undefined ? {} : { body }) });
      wrong.push(...description.problems(operation, answer));
      answered.push(`${operation} ${answer.status}`);
    }
  }

  expect(wrong).toEqual([]);
  expect(answered).toEqual(
    description
      .operations()
      .filter((name) => name !== endless)
      .flatMap((name) => (requests[name] ?? []).map(() => `${name} 200`)),
  );
});

test('every refusal and every problem is what the document says', async () => {
  const { description, send, daemon } = await described();
  const unready: Partial<Record<string, number>> = { 'GET /readyz': 503 };
  const attempts: [name: string, change: () => void, sent: Sent, statuses: readonly number[]][] = [
    ['without a token', () => {}, {}, [401, 429]],
    ['as a viewer', () => {}, { as: 'viewer' }, [200, 403]],
    [
      'refused',
      () => (daemon.answer = { accepted: false, message: 'no', incident: null }),
      { as: 'admin' },
      [200, 409],
    ],
    ['broken', () => breakAll(daemon), { as: 'admin' }, [200, 500]],
  ];
  for (const [name, change, sent, statuses] of attempts) {
    change();
    for (const [operation, [one]] of Object.entries(requests)) {
      if (one === undefined || !operation.includes('/api/')) continue;
      const [method = ''] = operation.split(' ');
      const given = one.body === undefined ? sent : { ...sent, body: one.body };
      const answer: Answer = await send(method, one.path, given);
      expect({ name, operation, wrong: description.problems(operation, answer) }).toEqual({
        name,
        operation,
        wrong: [],
      });
      expect(statuses).toContain(answer.status);
    }
  }
  daemon.isReady = false;
  for (const [operation, status] of Object.entries(unready)) {
    const answer = await send('GET', '/readyz');
    expect(answer.status).toBe(status);
    expect(description.problems(operation, answer)).toEqual([]);
  }
});

/** Whatever is asked of it from now on is a fault. */
function breakAll(daemon: FakeDaemon): void {
  const broken = new TypeError('broken');
  daemon.answer = broken;
  daemon.planView = broken;
  daemon.explainView = broken;
}
