import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sumOfTallies, tallyOf, type DataIntegrity } from '../../src/domain/data-integrity.ts';
import { RollbackError } from '../../src/domain/errors.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { anIncident, aPlan, aRelease, aRule, aTarget, emptyRto, emptyStatus } from '../fakes/daemon-views.ts';
import { ledger } from '../store/samples.ts';
import { terminal } from './terminal.ts';
import { asked, badNight, rolledBack } from './world.ts';

/** The text of a screen as a person would see it. */
function screen(name: string): string {
  return readFileSync(new URL(`screens/${name}.txt`, import.meta.url), 'utf8');
}

test('status on a bad night shows banners, incidents, the question with its commands, and the worst rules first', async () => {
  await using at = await terminal();
  at.daemon.statusView = badNight;
  at.daemon.incidentViews = [asked];

  expect(await at.type('status')).toEqual({ code: 0, out: screen('status-bad-night'), err: '' });
  expect(at.daemon.log).toEqual(['status', 'incident i-8a2b1c']);
});

test('status of a quiet daemon is short', async () => {
  await using at = await terminal();
  const target = aTarget({ name: 'backend', rules: [aRule({ rule: 'layra/health-check' })] });
  at.daemon.statusView = { ...emptyStatus, targets: [target] };

  expect((await at.ask('status')).out).toBe(
    [
      'rollbackd 0.1.0  production  mode auto  up 3h  12:00:00',
      '',
      'no open incidents',
      '',
      'TARGETS',
      '  backend  mode auto',
      '      runs shop:1, good; last good shop:0',
      '      1 ok',
      '',
    ].join('\n'),
  );
});

test('status of one target leaves the others out; a misspelt one is an error', async () => {
  await using at = await terminal();
  at.daemon.statusView = badNight;

  const { out, err } = await at.ask('status search');
  expect(err).toBe('');
  expect(out).toContain('\nno open incidents\n');
  expect(out).not.toContain('backend  mode');
  expect(await at.ask('status shop')).toEqual({
    code: 1,
    out: '',
    err: 'rollbackd: there is no target shop; there are: backend, frontend, search [NOT_FOUND]\n',
  });
});

test('a freeze of every target is told once', async () => {
  await using at = await terminal();
  const frozen = 'weekend until 08:00:00';
  at.daemon.statusView = {
    ...emptyStatus,
    targets: [aTarget({ name: 'a', frozen }), aTarget({ name: 'b', frozen })],
  };

  const { out } = await at.ask('status');

  expect(out.split('\n')[1]).toBe(
    'FROZEN  all targets: weekend until 08:00:00; automatic rollbacks are questions',
  );
});

test('show tells the whole story of an incident in the order in which it happened', async () => {
  await using at = await terminal();
  at.daemon.statusView = badNight;
  at.daemon.incidentViews = [rolledBack];

  expect(await at.type('show i-7k3f9a')).toEqual({ code: 0, out: screen('show-handed-over'), err: '' });
});

test('show of an open question says until when and how to answer', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [asked];

  expect((await at.ask('show i-8a2b1c')).out).toBe(screen('show-asking'));
});

test('show without an id takes the newest open incident, else the newest', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [anIncident({ id: 'i-closed', closedAt: start }), anIncident({ id: 'i-open' })];
  expect((await at.ask('show')).out).toMatch(/^i-open {2}CRITICAL/);

  at.daemon.incidentViews = [anIncident({ id: 'i-closed', closedAt: start })];
  expect((await at.ask('show')).out).toMatch(/^i-closed {2}CRITICAL/);

  at.daemon.incidentViews = [];
  expect((await at.ask('show')).err).toBe('rollbackd: there has been no incident yet [NOT_FOUND]\n');
});

test('incidents is a table, newest first, with outcomes', async () => {
  await using at = await terminal();
  const closed = anIncident({
    id: 'i-older1',
    state: 'closed',
    outcome: 'rolled_back',
    reason: 'verified',
    closedAt: start - MINUTE,
  });
  at.daemon.incidentViews = [anIncident({}), closed];

  expect((await at.type('incidents')).out).toBe(
    [
      'ID        SEVERITY  TARGET   STATE         OPENED    LASTED  REASON',
      'i-7k3f9a  CRITICAL  backend  rolling back  11:58:00  2m      layra/api-error-rate: 61.2% of requests',
      'i-older1  CRITICAL  backend  rolled back   11:58:00  1m      verified',
      '',
    ].join('\n'),
  );
  expect((await at.type('incidents --open --target frontend --limit 3')).out).toBe('no incidents\n');
  expect(at.daemon.log.at(-1)).toBe('incidents {"limit":3,"open":true,"target":"frontend"}');
});

test('plan shows releases, steps and findings, and says that nothing was changed', async () => {
  await using at = await terminal();
  at.daemon.planView = aPlan({
    findings: [{ level: 'warn', step: 1, message: 'port 8090 is published: stop first' }],
  });

  expect(await at.type('plan backend')).toEqual({
    code: 0,
    out: [
      'PLAN  layra/service for backend, disruptive, digest 9f8e7d6c5b4a3210',
      '  from  shop:2  unproven, baked 2m',
      '  to    shop:1  good, baked 10m',
      '  1  capture 500 log lines of backend',
      '  2  recreate container backend from shop:1',
      '  warn  step 2  port 8090 is published: stop first',
      '',
      'nothing was changed; to do it: rollbackd rollback backend --because CAUSE   (CAUSE: corruption, security, regression, integration, slowdown)',
      '',
    ].join('\n'),
    err: '',
  });
});

test('a dry run of a rollback is its plan, and asks for nothing', async () => {
  await using at = await terminal();
  at.daemon.planView = aPlan({});

  const asked = await at.type('rollback backend --dry-run --to r-1');

  expect(asked).toEqual(await at.type('plan backend --to r-1'));
  expect(asked.out).toContain(
    'nothing was changed; to do it: rollbackd rollback backend --because CAUSE --to r-1',
  );
  expect(at.daemon.log.filter((line) => line.startsWith('rollback'))).toEqual([]);
});

test('a plan that would be refused exits 1 with the reason', async () => {
  await using at = await terminal();
  at.daemon.planView = aPlan({ to: null, steps: [], refusal: 'no release of backend is proven good' });

  const { code, out } = await at.ask('plan backend');

  expect(code).toBe(1);
  expect(out).toContain('\n  to    none\n');
  expect(out).toContain('\nrefused  no release of backend is proven good\n');
});

test('release list says what runs, what is good, and why', async () => {
  await using at = await terminal();
  at.daemon.releaseViews = [
    aRelease({ name: 'shop:2', standing: 'bad', because: 'incident i-7k3f9a', bakedMs: 90 * SECOND }),
    aRelease({ name: 'shop:1', current: true, lastGood: true, barrier: 'migration 42' }),
  ];

  expect((await at.ask('release list backend')).out).toBe(
    [
      'ID       RELEASE  STANDING  BECAUSE            BAKED  FIRST SEEN  SERVED',
      'r-shop2  shop:2   bad       incident i-7k3f9a  1m30s  1d2h ago    10m ago',
      'r-shop1  shop:1   good      baked 10m          10m    1d2h ago    now      current, last good, barrier: migration 42',
      '',
    ].join('\n'),
  );
});

test('rto shows medians, the share within the objective, and the trend', async () => {
  await using at = await terminal();
  at.daemon.rtoView = {
    ...emptyRto,
    incidents: 12,
    summary: {
      ...emptyRto.summary,
      detection: { medianMs: 65_000, p95Ms: 90_000, withinObjective: 0.916, trendMs: -5_000 },
      rollback: { medianMs: 20_000, p95Ms: 45_000, withinObjective: 1, trendMs: 1_500 },
    },
  };

  expect((await at.ask('rto backend --since 30d')).out).toBe(
    [
      '12 incidents (backend, last 30d)',
      '',
      'PHASE                 MEDIAN  P95    WITHIN OBJECTIVE  TREND',
      'detection             1m5s    1m30s  92%               5s faster',
      'decision              -       -      -                 -',
      'people                -       -      -                 -',
      'rollback              20s     45s    100%              1.5s slower',
      'verification          -       -      -                 -',
      'total                 -       -      -                 -',
      'total without people  -       -      -                 -',
      '',
    ].join('\n'),
  );
  expect(at.daemon.log).toEqual(['rto {"target":"backend","sinceMs":2592000000}']);
});

const carts: DataIntegrity = {
  name: 'shop_db: carts',
  before: 512,
  after: 498,
  lost: 2,
  corrupted: 0,
  orphaned: null,
  how: 'rows against the set',
};

test('rto tells what became of the records, in total and by incident, and what was not counted', async () => {
  await using at = await terminal();
  const rows = [
    ledger({ incident: 'i-1', data: tallyOf([carts]) }),
    ledger({ incident: 'i-2', closedAt: start + 1, data: tallyOf([{ ...carts, lost: 0, orphaned: 0 }]) }),
    ledger({ incident: 'i-3' }),
  ];
  const data = sumOfTallies(rows.map((row) => row.data));
  at.daemon.rtoView = { ...emptyRto, incidents: 3, rows, data };

  expect((await at.ask('rto')).out.split('\n').slice(10)).toEqual([
    '',
    'data: 2 lost, 0 corrupted, 0 orphaned (1 of 2 not counted), over 2 incidents that replaced data',
    '  i-2  shop  0 lost, 0 corrupted, 0 orphaned',
    '  i-1  shop  2 lost, 0 corrupted, orphaned not counted',
    '',
  ]);
});

test('show tells of each thing what became of its records', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [anIncident({ integrity: [carts], data: tallyOf([carts]) })];

  const { out } = await at.ask('show i-7k3f9a');
  const [, section = ''] = out.split('\nDATA\n');
  expect(section.split('\n').slice(0, 4)).toEqual([
    '  2 lost, 0 corrupted, orphaned not counted',
    '  RECORDS         BEFORE  AFTER  LOST  CORRUPTED  ORPHANED',
    '  shop_db: carts  512     498    2     0          not counted',
    '  rows against the set',
  ]);
});

test('lines of show that are longer than the screen go on beneath their last column', async () => {
  await using at = await terminal();
  const message = Array.from({ length: 40 }, () => 'word').join(' ');
  const entry = {
    seq: 1,
    at: start,
    type: 'decided',
    incident: 'i-7k3f9a',
    target: 'shop',
    message,
    facts: {},
  };
  at.daemon.incidentViews = [anIncident({ journal: [{ ...entry, previousHash: '0', hash: '1' }] })];

  const { out } = await at.ask('show i-7k3f9a');
  const section = out.split('\nTIMELINE\n')[1] ?? '';
  const [first = '', second = ''] = section.split('\n');
  expect(first.length).toBeLessThanOrEqual(100);
  expect(second).toBe(`${' '.repeat(first.indexOf('word'))}${second.trim()}`);
  expect(second).toMatch(/^ +word/);
});

test('doctor lists every check and exits 1 when one failed', async () => {
  await using at = await terminal();
  at.daemon.doctorView = {
    checks: [
      { name: 'store', ok: true, detail: 'accepts commits' },
      { name: 'docker', ok: false, detail: 'permission denied on /var/run/docker.sock' },
    ],
  };

  expect(await at.ask('doctor')).toEqual({
    code: 1,
    out: 'ok      store   accepts commits\nFAILED  docker  permission denied on /var/run/docker.sock\n\n1 of 2 checks failed\n',
    err: '',
  });
});

test('gate is for scripts: open is 0, closed is 1 with every reason', async () => {
  await using at = await terminal();
  expect(await at.ask('gate backend --release r-1')).toEqual({
    code: 0,
    out: 'open  backend may be deployed\n',
    err: '',
  });

  at.daemon.gateView = { open: false, reasons: ['incident i-7k3f9a is open', 'frozen by bob'] };
  expect(await at.ask('gate backend')).toEqual({
    code: 1,
    out: '',
    err: 'closed  incident i-7k3f9a is open\nclosed  frozen by bob\n',
  });
  expect(at.daemon.log).toEqual(['gate backend r-1', 'gate backend any']);
});

test('journal verify says whether the chain is whole', async () => {
  await using at = await terminal();
  expect(await at.ask('journal verify')).toEqual({ code: 0, out: 'ok  the journal is intact\n', err: '' });

  at.daemon.journalProblem = 'entry 17 does not follow entry 16';
  expect(await at.ask('journal verify')).toEqual({
    code: 1,
    out: '',
    err: 'broken  entry 17 does not follow entry 16\n',
  });
  expect((await at.ask('journal verify --json')).out).toBe(
    '{"intact":false,"broken":"entry 17 does not follow entry 16"}\n',
  );
});

test('with --json every view is exactly what the daemon said, on one line', async () => {
  await using at = await terminal();
  at.daemon.statusView = badNight;
  at.daemon.incidentViews = [rolledBack];
  at.daemon.planView = aPlan({});

  expect((await at.ask('status --json')).out).toBe(`${JSON.stringify(badNight)}\n`);
  expect((await at.ask('show i-7k3f9a --json')).out).toBe(`${JSON.stringify(rolledBack)}\n`);
  expect((await at.ask('incidents --json')).out).toBe(`${JSON.stringify([rolledBack])}\n`);
  expect((await at.ask('plan backend --json')).out).toBe(`${JSON.stringify(aPlan({}))}\n`);
  expect((await at.ask('rto --json')).out).toBe(`${JSON.stringify(emptyRto)}\n`);
  expect((await at.ask('doctor --json')).out).toBe('{"checks":[]}\n');
  expect((await at.ask('gate backend --json')).out).toBe('{"open":true,"reasons":[]}\n');
  expect((await at.ask('release list backend --json')).out).toBe('[]\n');
});

test('control characters from the world do not reach the terminal', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [anIncident({ reason: 'clear\u001b[2J\u0007 and\nmore' })];

  const { out } = await at.ask('incidents');

  expect(out).toContain('clear\u{fffd}[2J\u{fffd} and\u{fffd}more');
  expect(out).not.toContain('\u001b');
});

test('a fault of the daemon is told with its code', async () => {
  await using at = await terminal();
  at.daemon.planView = new RollbackError('NOT_FOUND', 'there is no target shop; there is: backend');

  expect(await at.ask('plan shop')).toEqual({
    code: 1,
    out: '',
    err: 'rollbackd: there is no target shop; there is: backend [NOT_FOUND]\n',
  });
});
