import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import type { MigrationView } from '../../src/domain/migration.ts';
import type { BackupDesk, BackupJob } from '../../src/domain/ports/backups.ts';
import { HOUR } from '../../src/domain/time.ts';
import { startServer } from '../../src/server/server.ts';
import { fakeDesk } from '../fakes/backup-desk.ts';
import { start } from '../fakes/clock.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { aLevel, aRow, aRule, aTarget, emptyStatus } from '../fakes/daemon-views.ts';
import { FakeInbox } from '../fakes/inbox.ts';
import { inProcess } from './terminal.ts';

const migration = {
  by: 'alice',
  since: start - HOUR,
  until: start + HOUR,
  recipe: 'layra',
  set: 'b-1',
  release: 'r-1',
  commit: 'abc',
  note: 'orders get an index',
  again: { incident: 'i-1', fixed: 'built concurrently' },
};
const view: MigrationView = {
  target: 'backend',
  now: start,
  open: null,
  checks: [
    { what: 'rollback triggers are present', done: true, detail: '3 armed rules with a CRITICAL level' },
    { what: 'users are told by a communication plan', done: false, detail: '' },
    { what: 'the team was briefed', done: null, detail: '' },
  ],
  refusals: [],
  confirm: [],
  needsSet: true,
};
const made: BackupJob = {
  id: 'j-1',
  does: 'create',
  recipe: 'layra',
  set: 'b-7',
  by: 'alice',
  startedAt: start,
  endedAt: start,
  ended: 'well',
  message: 'b-7: 3 parts, 10MiB, in 2s; it reads back',
  details: [],
  progress: null,
};

/** A daemon with backups that listens, and what is typed at it. */
async function typing(job: BackupJob = made) {
  const daemon = new FakeDaemon();
  daemon.migrationView = view;
  const backups: BackupDesk = {
    ...fakeDesk,
    create: async ({ recipe }) => {
      daemon.log.push(`backup of ${recipe}`);
      return job;
    },
  };
  const server = await startServer({
    daemon,
    backups,
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    clock: systemClock(),
    inbox: new FakeInbox(),
    version: '0.1.0',
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    daemon,
    url,
    type: (...words: string[]) => inProcess(['migrate', ...words], { ROLLBACKD_URL: url }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

test('begin shows the checklist, has a set made, and opens the window behind it', async () => {
  await using at = await typing();
  const ran = await at.type('begin', 'backend', '--recipe', 'layra', '--within', '90m', '-m', 'an index');

  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out.split('\n').slice(0, 6)).toEqual([
    'CHECKLIST of backend',
    '[x] rollback triggers are present: 3 armed rules with a CRITICAL level',
    '[!] users are told by a communication plan',
    '[ ] the team was briefed',
    '[x] a fresh backup set: b-7: 3 parts, 10MiB, in 2s; it reads back',
    'ok  done',
  ]);
  expect(at.daemon.log).toEqual([
    'migration {"target":"backend","recipe":"layra","again":false}',
    'backup of layra',
    'local (admin): migrate {"phase":"begin","target":"backend","recipe":"layra","set":"b-7","withinMs":5400000,"confirmed":false,"fixed":"","note":"an index"}',
  ]);
});

test('retry says what was fixed, takes a set that was just made, and tells how to go on', async () => {
  await using at = await typing();
  const ran = await at.type('retry', 'backend', '--recipe', 'layra', '--fixed', 'the index', '--set', 'b-3');

  expect(ran.out).toContain('CHECKLIST of backend\n[x] the cause was found and fixed: the index\n');
  expect(ran.out).toContain('then    deploy one service alone, as the canary\n');
  expect(at.daemon.log).toEqual([
    'migration {"target":"backend","recipe":"layra","again":true}',
    'local (admin): migrate {"phase":"retry","target":"backend","recipe":"layra","set":"b-3","withinMs":7200000,"confirmed":false,"fixed":"the index","note":""}',
  ]);
});

test('nothing is copied for a migration that would be refused', async () => {
  await using at = await typing();
  at.daemon.migrationView = { ...view, refusals: ['i-1 is open on backend', 'backend is frozen'] };
  const ran = await at.type('begin', 'backend', '--recipe', 'layra');

  expect(ran).toMatchObject({
    code: 1,
    err: 'refused  no migration of backend: i-1 is open on backend; backend is frozen\n',
  });
  expect(at.daemon.log).toHaveLength(1);
});

test('what may be lost is confirmed by --yes where nobody can be asked', async () => {
  await using at = await typing();
  at.daemon.migrationView = { ...view, confirm: ['mongo: medium risk of loss'] };

  expect(await at.type('begin', 'backend', '--recipe', 'layra')).toMatchObject({
    code: 2,
    err: 'rollbackd: migrate: a person has to confirm what may be lost (mongo: medium risk of loss); say --yes if that is known [USAGE]\n',
  });
  expect((await at.type('begin', 'backend', '--recipe', 'layra', '--yes')).code).toBe(0);
  expect(at.daemon.log.at(-1)).toContain('"confirmed":true');
});

test('a backup that fails begins nothing', async () => {
  await using at = await typing({ ...made, ended: 'badly', set: null, message: 'mongo cannot be reached' });

  expect(await at.type('begin', 'backend', '--recipe', 'layra')).toMatchObject({
    code: 1,
    err: 'rollbackd: no migration begins: the backup of layra failed: mongo cannot be reached [REFUSED]\n',
  });
  expect(at.daemon.log.at(-1)).toBe('backup of layra');
});

test('status shows what goes on', async () => {
  await using at = await typing();
  at.daemon.statusView = {
    ...emptyStatus,
    targets: [aTarget({ name: 'backend', migration }), aTarget({ name: 'web' })],
  };

  expect((await at.type('status')).out).toBe(
    [
      'backend  migration, tried again by alice since 11:00:00 (1h ago), 1h left: orders get an index',
      '  set b-1 of layra, release r-1, commit abc',
      '  fixed since i-1: built concurrently',
      '',
    ].join('\n'),
  );
  expect((await at.type('status', 'web')).out).toBe('no migration goes on\n');
  expect(JSON.parse((await at.type('status', '--json')).out)).toEqual([{ target: 'backend', ...migration }]);
});

test('what goes on stands at the top of the status, and with its target', async () => {
  await using at = await typing();
  at.daemon.statusView = {
    ...emptyStatus,
    targets: [aTarget({ name: 'backend', deploying: true, migration })],
  };
  const { out } = await inProcess(['status'], { ROLLBACKD_URL: at.url });

  expect(out).toContain(
    'MIGRATION  backend: tried again by alice until 13:00:00: orders get an index; rollbackd migrate end backend\n',
  );
  expect(out).toContain('  backend  mode auto, migration until 13:00:00\n');
});

test('watch ends well when nothing breached for the time, and badly at once when something does', async () => {
  await using at = await typing();
  const target = aTarget({ name: 'backend', migration });
  at.daemon.statusView = { ...emptyStatus, targets: [target] };
  expect(await at.type('watch', 'backend', '--for', '10ms')).toEqual({
    code: 0,
    out: 'ok  backend: nothing breached for 10ms\n',
    err: '',
  });

  const row = aRow({ id: 'i-2', target: 'backend', reason: 'slow queries' });
  at.daemon.statusView = { ...emptyStatus, targets: [{ ...target, incident: 'i-2' }], open: [row] };
  expect(await at.type('watch', 'backend')).toMatchObject({
    code: 1,
    err: 'FAILED  backend: i-2 is open: slow queries\n',
  });
  const fires = aRule({ rule: 'layra/slow', detail: '9s', levels: [aLevel({ phase: 'firing' })] });
  at.daemon.statusView = { ...emptyStatus, targets: [{ ...target, rules: [fires] }] };
  expect((await at.type('watch', 'backend')).err).toBe('FAILED  backend: layra/slow fires: 9s\n');
  at.daemon.statusView = { ...emptyStatus, targets: [aTarget({ name: 'backend' })] };
  expect((await at.type('watch', 'backend')).err).toBe(
    'FAILED  backend: no migration goes on: it was ended, rolled back, or its time is over\n',
  );
});

test('end says whether it failed', async () => {
  await using at = await typing();
  await at.type('end', 'backend');
  await at.type('end', 'backend', '--failed', '-m', 'too slow');

  expect(at.daemon.log).toEqual([
    'local (admin): migrate {"phase":"end","target":"backend","failed":false,"note":""}',
    'local (admin): migrate {"phase":"end","target":"backend","failed":true,"note":"too slow"}',
  ]);
});

test.each([
  [['start', 'backend'], 'migrate: expected begin, retry, watch, end, status; got start'],
  [['begin', 'backend'], 'migrate begin: say by which recipe the set is made, with --recipe NAME'],
  [['end'], 'migrate end: say of which target, e.g. rollbackd migrate end backend'],
  [
    ['retry', 'backend', '--recipe', 'layra'],
    'migrate retry: say what was found and fixed since, with --fixed TEXT',
  ],
  [['begin', 'backend', '--recipe', 'a', '--fixed', 'b'], 'migrate begin: --fixed is for migrate retry'],
])('migrate %j is wrong usage', async (words, message) => {
  expect(await inProcess(['migrate', ...words])).toEqual({
    code: 2,
    out: '',
    err: `rollbackd: ${message} [USAGE]\n`,
  });
});
