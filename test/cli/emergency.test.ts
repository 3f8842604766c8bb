import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { runCli } from '../../src/cli/cli.ts';
import { anEntry, anIncident, aPlan, aRelease, aRow, aTarget, emptyStatus } from '../fakes/daemon-views.ts';
import { start } from '../fakes/clock.ts';
import { inProcess, terminal, type Ran } from './terminal.ts';

const backend = aTarget({ name: 'backend', current: aRelease({ name: 'shop:2' }) });
const frontend = aTarget({ name: 'frontend', frozen: 'frontend is frozen by bob until 14:00: sale' });
const verified = anIncident({
  id: 'i-1',
  target: 'backend',
  state: 'closed',
  outcome: 'rolled_back',
  reason: 'rolled back and verified',
  journal: [
    anEntry({ seq: 1, at: start, message: 'rolling backend back, approved by local' }),
    anEntry({ seq: 2, at: start, message: 'step 1 of 2 done' }),
  ],
});
const plan = aPlan({ playbook: 'layra/emergency' });
const taken = { accepted: true, message: 'i-1: rolling backend back', incident: 'i-1' } as const;

/** A terminal with somebody who types these answers, and what they were asked. */
async function sitting(url: string, line: string, answers: readonly string[] = []) {
  const left = [...answers];
  const asked: string[] = [];
  let out = '';
  let err = '';
  const code = await runCli({
    argv: line.split(' '),
    environment: { ROLLBACKD_URL: url },
    out: (text) => void (out += `${text}\n`),
    err: (text) => void (err += `${text}\n`),
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(left.shift() ?? null);
    },
    color: false,
    width: 100,
    clock: systemClock(),
    signal: new AbortController().signal,
    onHangup: () => {},
    whenCutShort: () => {},
  });
  return { code, out, err, asked } satisfies Ran & { asked: string[] };
}

async function night(targets = [backend]) {
  const at = await terminal();
  at.daemon.statusView = { ...emptyStatus, targets };
  at.daemon.planView = plan;
  at.daemon.incidentViews = [verified];
  at.daemon.answer = taken;
  return at;
}

test('the only target is taken; its plan is shown, its name typed, and the end told with the clocks', async () => {
  await using at = await night();
  const ran = await sitting(at.url, 'emergency', ['backend']);

  expect(ran.asked).toEqual(['type backend to roll back now: ']);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain('PLAN  layra/emergency for backend, disruptive, digest 9f8e7d6c5b4a3210');
  expect(ran.out).toContain('1  capture 500 log lines of backend');
  expect(ran.out).toContain('ok  i-1: rolling backend back');
  expect(ran.out).toMatch(/step 1 of 2 done\n\nVERIFIED {2}backend, rolled back: rolled back and verified\n/);
  expect(at.daemon.log).toContain('plan {"target":"backend","to":null,"playbook":null,"emergency":true}');
  expect(at.daemon.log).toContain(
    'local (admin): emergency {"target":"backend","note":"","planDigest":"9f8e7d6c5b4a3210"}',
  );
});

test.each([['no'], ['']])('whoever types %j instead of its name has done nothing', async (typed) => {
  await using at = await night();
  const ran = await sitting(at.url, 'emergency backend', [typed]);

  expect(ran.code).toBe(1);
  expect(ran.err).toBe('rollbackd: nothing was done: it was not confirmed [REFUSED]\n');
  expect(at.daemon.log.filter((line) => line.includes(': emergency '))).toEqual([]);
});

test('where nobody sits it takes --yes, and says why in the journal', async () => {
  await using at = await night();
  expect(await at.ask('emergency backend')).toMatchObject({
    code: 2,
    err: 'rollbackd: emergency: nobody is there to be asked; say --yes if it is meant [USAGE]\n',
  });

  expect((await at.ask('emergency backend --yes --because "nobody can log in"')).code).toBe(0);
  expect(at.daemon.log.at(-2)).toBe(
    'local (admin): emergency {"target":"backend","note":"nobody can log in","planDigest":"9f8e7d6c5b4a3210"}',
  );
});

test('several targets without a name: those in trouble are listed, and which is asked', async () => {
  await using at = await night([backend, frontend]);
  const open = [aRow({ target: 'backend', state: 'asking', reason: 'nobody can log in' })];
  at.daemon.statusView = { ...emptyStatus, targets: [backend, frontend], open };
  const ran = await sitting(at.url, 'emergency', ['backend', 'backend']);

  expect(ran.asked).toEqual(['which target? ', 'type backend to roll back now: ']);
  expect(ran.err).toMatch(/^OPEN INCIDENTS\n {2}backend {2}CRITICAL {2}\S+ .*: nobody can log in\n$/);
  expect(ran.code).toBe(0);
  expect((await at.ask('emergency')).err).toBe(
    'rollbackd: emergency: say which: backend; or --all [USAGE]\n',
  );
  expect((await at.ask('emergency bakend --yes')).err).toBe(
    'rollbackd: there is no target bakend; the configuration has backend, frontend [NOT_FOUND]\n',
  );
});

test('all of them are asked for once, and one that is refused is no success', async () => {
  await using at = await night([backend, frontend]);
  const ran = await sitting(at.url, 'emergency --all', ['2 targets']);
  expect(ran.asked).toEqual(['type 2 targets to roll back now: ']);
  expect(ran.code).toBe(0);

  at.daemon.answer = { accepted: false, message: 'no rollback: it is gone', incident: null };
  expect(await at.ask('emergency --all --yes --json')).toMatchObject({
    code: 1,
    out: `${JSON.stringify([
      { target: 'backend', refused: 'no rollback: it is gone' },
      { target: 'backend', refused: 'no rollback: it is gone' },
    ])}\n`,
  });
});

test('a rollback that did not pass its verification exits 1, with what to do by hand', async () => {
  await using at = await night();
  at.daemon.incidentViews = [
    {
      ...verified,
      state: 'handed_over',
      outcome: 'handed_over',
      reason: 'verification failed',
      byHand: ['docker start layra-backend'],
    },
  ];
  const ran = await at.ask('emergency backend --yes');

  expect(ran.code).toBe(1);
  expect(ran.out).toContain('NOT VERIFIED  backend, handed over: verification failed\n');
  expect(ran.out).toContain('by hand now:\n  docker start layra-backend\n');
});

test('what others have to approve is said, and waited for', async () => {
  await using at = await night();
  const question = {
    id: 'q-1',
    planDigest: '9f8e7d6c5b4a3210',
    ticket: 't',
    askedAt: start,
    prolongs: 3,
    halted: null,
    endedBecause: '',
    dueAt: start,
    otherwise: 'hand_over',
    needs: { people: 2, role: 'dba' as const },
    answers: [{ by: 'local', answer: 'approve' as const, at: start }],
    state: 'open',
  };
  const looks = [{ ...verified, state: 'asking', outcome: null, question }, verified];
  at.daemon.incident = async () => looks.shift() ?? verified;
  const ran = await at.ask('emergency backend --yes');

  expect(ran.out).toContain(
    'waits for a DBA, or 1 more of those who may approve, to say: rollbackd approve i-1 --plan 9f8e7d6c5b4a3210\n',
  );
  expect(ran.code).toBe(0);
});

test('a daemon that goes away meanwhile is waited for', async () => {
  await using at = await night();
  let cuts = 2;
  const flaky = createServer((incoming, answer) => {
    if (incoming.url?.includes('/incidents/') === true && cuts > 0) {
      cuts -= 1;
      incoming.socket.destroy();
      return;
    }
    const { method, headers, url } = incoming;
    const onward = request(`${at.url}${url ?? ''}`, { method, headers }, (from) => {
      answer.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(answer);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  const { port } = flaky.address() as AddressInfo;
  const ran = await sitting(`http://127.0.0.1:${port}`, 'emergency backend --yes');
  flaky.closeAllConnections();
  flaky.close();

  expect(cuts).toBe(0);
  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(ran.out).toContain('VERIFIED  backend, rolled back');
});

test('what is rolled back already is followed, and not asked for again', async () => {
  await using at = await night();
  at.daemon.statusView = {
    ...at.daemon.statusView,
    open: [aRow({ id: 'i-1', target: 'backend', state: 'rolling_back' })],
  };
  const ran = await at.ask('emergency backend');

  expect(ran).toMatchObject({ code: 0, err: '' });
  expect(at.daemon.log.filter((line) => /: emergency |^plan/.test(line))).toEqual([]);
});

test('a halt is in its way, and a plan that is refused says so', async () => {
  await using at = await night();
  at.daemon.planView = aPlan({ refusal: 'no other release was proven good' });
  expect(await at.ask('emergency backend --yes')).toMatchObject({
    code: 1,
    err: 'refused  backend: no other release was proven good\n',
  });

  at.daemon.statusView = { ...at.daemon.statusView, halted: 'halted by bob' };
  expect((await at.ask('emergency backend --yes')).err).toBe(
    'rollbackd: nothing may start: halted by bob; rollbackd unhalt first, an emergency does not go before a halt [REFUSED]\n',
  );
});

test('without a daemon it exits 3 and says what to do next', async () => {
  const ran = await inProcess(['emergency', 'backend', '--yes'], { ROLLBACKD_URL: 'http://127.0.0.1:9' });

  expect(ran.code).toBe(3);
  expect(ran.err).toContain('\nNext:\n  start the daemon (rollbackd run, or docker compose up');
  expect(ran.err).toContain(
    '  its commands by hand cannot be known without it: they stand in its last messages, and in your runbook\n',
  );
});
