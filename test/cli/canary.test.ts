import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { MigrationView } from '../../src/domain/migration.ts';
import { HOUR } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';
import { aRow, aTarget, emptyStatus } from '../fakes/daemon-views.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { inProcess, rollbackd, terminal } from './terminal.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const migration = {
  by: 'alice',
  since: start,
  until: start + HOUR,
  recipe: 'layra',
  set: 'b-1',
  release: 'r-1',
  commit: 'abc',
  note: '',
  again: { incident: 'i-1', fixed: 'the index' },
};
const view: MigrationView = {
  target: 'backend',
  now: start,
  open: null,
  checks: [],
  refusals: [],
  confirm: [],
  needsSet: false,
};

/** A daemon whose window is open, and two programs that write down that they ran. */
async function retrying(programs: { readonly one?: string; readonly rest?: string } = {}) {
  const at = await terminal();
  at.daemon.migrationView = view;
  at.daemon.statusView = { ...emptyStatus, targets: [aTarget({ name: 'backend', migration })] };
  const folder = temporaryFolder('rd-canary');
  const log = join(folder, 'ran');
  const program = (name: string, more = ''): string => {
    const path = join(folder, `${name}.sh`);
    const says = `echo "${name} $# $ROLLBACKD_TARGET $ROLLBACKD_MIGRATION" >>${log}`;
    writeFileSync(path, `#!/bin/sh\n${says}\n${more}\n`, { mode: 0o755 });
    return path;
  };
  const one = program('one', programs.one);
  const rest = program('rest', programs.rest);
  const line = ['migrate', 'retry', 'backend', '--recipe', 'layra', '--fixed', 'the index'];
  const both = [...line, '--canary', one, '--then', rest, '--canary-for', '5ms', '--watch', '10ms'];
  const environment = { ROLLBACKD_URL: at.url, PATH: '/usr/bin:/bin' };
  return {
    ...at,
    folder,
    one,
    rest,
    line,
    both,
    environment,
    type: (words: readonly string[] = both) => inProcess(words, environment),
    ran: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    phases: () =>
      at.daemon.log.flatMap((said) => {
        const { phase, failed } = JSON.parse(/: migrate (\{.*\})$/.exec(said)?.[1] ?? '{}') as {
          phase?: string;
          failed?: boolean;
        };
        return phase === undefined ? [] : [failed === true ? `${phase} as failed` : phase];
      }),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

const opened = new Date(start).toISOString();

test('the canary is deployed and watched, then the rest, and the window is ended', async () => {
  await using at = await retrying();
  const { code, out, err } = await at.type();

  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n')).toEqual([
    'CHECKLIST of backend',
    '[x] the cause was found and fixed: the index',
    'ok  done',
    `deploy  the canary: ${at.one}`,
    'ok  backend: nothing breached for 5ms',
    `deploy  the rest: ${at.rest}`,
    'ok  backend: nothing breached for 10ms',
    'ok  done',
    '',
  ]);
  expect(at.ran()).toBe(`one 0 backend ${opened}\nrest 0 backend ${opened}\n`);
  expect(at.phases()).toEqual(['retry', 'end']);
});

test('what breaches under the canary ends the window as failed, and the rest is not deployed', async () => {
  await using at = await retrying();
  const row = aRow({ id: 'i-2', target: 'backend', reason: 'slow queries' });
  const target = aTarget({ name: 'backend', migration, incident: 'i-2' });
  at.daemon.statusView = { ...emptyStatus, targets: [target], open: [row] };
  const { code, err } = await at.type();

  expect({ code, err }).toEqual({ code: 1, err: 'FAILED  backend: i-2 is open: slow queries\n' });
  expect(at.ran()).toBe(`one 0 backend ${opened}\n`);
  expect(at.phases()).toEqual(['retry', 'end as failed']);
});

test('a program that fails ends the window as failed', async () => {
  await using canary = await retrying({ one: 'exit 3' });
  expect(await canary.type()).toMatchObject({
    code: 1,
    err: `FAILED  backend: the canary was not deployed: ${canary.one} exited with 3\n`,
  });
  expect(canary.ran()).toBe(`one 0 backend ${opened}\n`);
  expect(canary.phases()).toEqual(['retry', 'end as failed']);

  await using rest = await retrying({ rest: 'kill -9 $$' });
  expect(await rest.type()).toMatchObject({
    code: 1,
    err: `FAILED  backend: the rest was not deployed: ${rest.rest} was ended by SIGKILL\n`,
  });
  expect(rest.phases()).toEqual(['retry', 'end as failed']);
});

test('a window that a rollback has closed is not ended again', async () => {
  await using at = await retrying({ one: 'exit 1' });
  const open = at.daemon.statusView;
  const once = at.daemon.status.bind(at.daemon);
  at.daemon.status = async () => {
    const seen = await once();
    at.daemon.statusView = { ...open, targets: [aTarget({ name: 'backend' })] };
    return seen;
  };

  expect((await at.type()).code).toBe(1);
  expect(at.phases()).toEqual(['retry']);
});

test('nothing is run while the window is refused, as when the line is typed again while it is open', async () => {
  await using at = await retrying();
  at.daemon.migrationView = { ...view, refusals: ['a migration of backend by alice goes on'] };

  expect((await at.type()).code).toBe(1);
  expect([at.ran(), at.phases()]).toEqual(['', []]);
});

test('programs pass their output through; of --json it goes to standard error', async () => {
  await using at = await retrying({ one: 'echo deploying; echo careful >&2' });
  const plain = await rollbackd(at.both, at.environment);
  expect(plain.out).toContain(`deploy  the canary: ${at.one}\ndeploying\nok`);
  expect(plain).toMatchObject({ code: 0, err: 'careful\n' });

  const json = await rollbackd([...at.both, '--json'], at.environment);
  expect(json).toMatchObject({ code: 0, err: 'deploying\ncareful\n' });
  expect(json.out.trim().split('\n')).toHaveLength(4);
  for (const line of json.out.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
});

test('Ctrl-C ends the program under way, leaves the window open, and says so', async () => {
  await using at = await retrying({
    one: 'trap "echo ended; exit 0" TERM; echo up; while :; do sleep 0.02; done',
  });
  const child = spawn(process.execPath, [main, ...at.both], { env: at.environment });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (text.includes('up\n')) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise((resolve) => child.on('close', resolve));

  expect(code).toBe(1);
  expect(out).toContain('up\nended\n');
  expect(err).toBe(
    [
      'the migration of backend is not ended, and its window stays open: look at `rollbackd migrate status backend`, then go on by hand (`rollbackd migrate watch backend`), and end it with `rollbackd migrate end backend`, with --failed where it did not succeed',
      `rollbackd: stopped while the canary was being deployed by ${at.one} [ABORTED]`,
      '',
    ].join('\n'),
  );
  expect(at.phases()).toEqual(['retry']);
});

test('a command that is killed runs nothing more and leaves the window open', async () => {
  await using at = await retrying({ one: 'echo up; sleep 0.2' });
  const child = spawn(process.execPath, [main, ...at.both], { env: at.environment });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('up\n')) child.kill('SIGKILL');
  });
  await new Promise((resolve) => child.on('close', resolve));

  expect(at.ran()).toBe(`one 0 backend ${opened}\n`);
  expect(at.phases()).toEqual(['retry']);
});

test('what would only be found wrong once the window is open is refused before', async () => {
  await using at = await retrying();
  const said = async (...more: readonly string[]) => (await at.type([...at.line, ...more])).err;

  expect(await said('--canary', at.one)).toBe(
    'rollbackd: migrate retry: say which program deploys the rest when nothing breached, with --then PROGRAM [USAGE]\n',
  );
  expect(await said('--then', at.rest)).toBe(
    'rollbackd: migrate retry: --then is for a canary; say which program deploys it, with --canary [USAGE]\n',
  );
  expect(await said('--canary', at.one, '--then', at.rest, '--within', '20m')).toBe(
    'rollbackd: migrate retry: the window is open for 20m, and watching alone takes 20m; say a longer --within [USAGE]\n',
  );
  expect(await said('--canary', at.one, '--then', join(at.folder, 'none'))).toBe(
    `rollbackd: the program ${at.folder}/none is not there; install it [NOT_FOUND]\n`,
  );
  writeFileSync(join(at.folder, 'plain'), '');
  expect(await said('--canary', join(at.folder, 'plain'), '--then', at.rest)).toBe(
    `rollbackd: the program ${at.folder}/plain may not be executed by this user [REFUSED]\n`,
  );
  expect(
    await inProcess(['migrate', 'begin', 'backend', '--recipe', 'layra', '--canary', at.one]),
  ).toMatchObject({ code: 2, err: 'rollbackd: migrate begin: --canary is for migrate retry [USAGE]\n' });
  expect(at.daemon.log).toEqual([]);
});
