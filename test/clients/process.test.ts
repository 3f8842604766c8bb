import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { orphans } from '../../src/clients/process/orphans.ts';
import { processes, type ProcessRequest } from '../../src/clients/process/runner.ts';
import { aDirectory } from '../rollback/a-directory.ts';
import { never, opId } from '../rollback/a-step.ts';

vi.setConfig({ testTimeout: 30_000 });

const sh = '/bin/sh';

function running(allowedPrograms: readonly string[] = [sh]) {
  const stateDir = aDirectory();
  const environment = { PATH: process.env['PATH'], SLACK_TOKEN: 'not for children' };
  const runner = processes({ clock: systemClock(), stateDir, allowedPrograms, environment, graceMs: 200 });
  const script = (text: string, more: Partial<ProcessRequest> = {}): ProcessRequest => ({
    run: [sh, '-c', text],
    opId: null,
    deadlineMs: 10_000,
    ...more,
  });
  return { runner, script, stateDir };
}

test('the exit code and everything printed come back', async () => {
  const { runner, script } = running();
  const result = await runner.run(script('echo out; echo err >&2; exit 3'), never);
  expect({ ...result, outputFile: '' }).toEqual({
    exitCode: 3,
    signal: null,
    output: 'out\nerr\n',
    outputFile: '',
  });
});

test('arguments are never read by a shell', async () => {
  const { runner } = running(['/bin/echo']);
  const result = await runner.run(
    { run: ['echo', '$(id); `id`', '&& id'], opId: null, deadlineMs: 5_000 },
    never,
  );
  expect(result.output).toBe('$(id); `id` && id\n');
});

test('a program outside the allow-list is refused, whatever its name', async () => {
  const { runner } = running(['/bin/echo']);
  for (const program of ['/bin/cat', 'cat', '/bin/../bin/echo', './echo', ''])
    await expect(runner.find(program)).rejects.toThrow(
      `the program ${program} is not one of the allowed programs; state its absolute path and list it under allowed_programs`,
    );
});

test('an allowed program that is missing or not executable is refused by name', async () => {
  const directory = aDirectory();
  const plain = join(directory, 'plain');
  writeFileSync(plain, 'text');
  chmodSync(plain, 0o644);
  const { runner } = running([plain, join(directory, 'gone'), directory]);
  await expect(runner.find('gone')).rejects.toThrow(`the program ${directory}/gone is not there; install it`);
  await expect(runner.find('plain')).rejects.toThrow(`the program ${plain} may not be executed by this user`);
  await expect(runner.find(directory)).rejects.toThrow(`the program ${directory} is not a file`);
});

test('children see the effect and what they are given, not the environment of the daemon', async () => {
  const { runner, script } = running();
  const asked = script('echo "$ROLLBACKD_OP_ID|$COLOR|$SLACK_TOKEN|"', { opId, env: { COLOR: 'red' } });
  expect((await runner.run(asked, never)).output).toBe(`${opId}|red||\n`);
});

test('standard input is empty', async () => {
  const { runner, script } = running();
  expect((await runner.run(script('cat; echo end'), never)).output).toBe('end\n');
});

test('of long output the beginning and the end are kept, with a word about the gap', async () => {
  const { runner, script } = running();
  const result = await runner.run(
    script('echo first; head -c 9000000 /dev/zero | tr "\\0" x; echo; echo last'),
    never,
  );
  expect(result.output.length).toBeLessThan(263_000);
  expect(result.output.startsWith('first\nxxx')).toBe(true);
  expect(result.output.endsWith('xxx\nlast\n')).toBe(true);
  expect(result.output).toMatch(/\n\[\d+ bytes left out\]\n/);
  expect(readFileSync(result.outputFile, 'utf8')).toBe(result.output);
});

test('at the deadline the whole group is ended, also children that ignore TERM', async () => {
  const { runner, script, stateDir } = running();
  const pidFile = join(stateDir, 'pid');
  const stubborn = `trap '' TERM; (trap '' TERM; echo $$ > ${pidFile}; sleep 60) & wait`;
  await expect(runner.run(script(stubborn, { deadlineMs: 300 }), never)).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: 'sh did not end within 300ms and was killed; how far it got is unknown',
  });
  expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
});

test('stopping ends the child and leaves the outcome unknown', async () => {
  const { runner, script } = running();
  const stopping = new AbortController();
  const result = runner.run(script('sleep 60'), stopping.signal);
  await pause(50);
  stopping.abort();
  await expect(result).rejects.toMatchObject({ code: 'ABORTED', recourse: 'reconcile' });
});

test('the child of a killed daemon goes on, is found by its effect, and can be awaited', async () => {
  const { stateDir } = running();
  const finished = join(stateDir, 'finished');
  const daemon = await daemonRunning(stateDir, `echo busy; sleep 1; echo done; touch ${finished}`);
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');

  const lost = orphans({ clock: systemClock(), stateDir });
  const found = await lost.find(opId);
  expect(found.map(({ program }) => program)).toEqual(['sh']);
  expect(await lost.find('i-other/0123456789abcdef/0/1')).toEqual([]);
  expect(await lost.wait(found[0]!, 0, never)).toBe(false);
  expect(await lost.wait(found[0]!, 20_000, never)).toBe(true);
  expect(existsSync(finished)).toBe(true);
  expect(await lost.find(opId)).toEqual([]);
});

test('a service that a finished child left running is not taken for an orphan', async () => {
  const { runner, script, stateDir } = running();
  const pidFile = join(stateDir, 'pid');
  await runner.run(script(`setsid sleep 30 & echo $! > ${pidFile}`, { opId }), never);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  onTestFinished(() => void process.kill(pid));
  expect(isRunning(pid)).toBe(true);
  expect(await orphans({ clock: systemClock(), stateDir }).find(opId)).toEqual([]);
});

/** A process that runs a child as the daemon does. Resolves once the child has started. */
async function daemonRunning(stateDir: string, text: string) {
  const program = `
    import { systemClock } from './src/app/clock.ts';
    import { processes } from './src/clients/process/runner.ts';
    const [stateDir, opId, text] = process.argv.slice(1);
    const runner = processes({ clock: systemClock(), stateDir, allowedPrograms: ['${sh}'], environment: process.env });
    await runner.run({ run: ['${sh}', '-c', text], opId, deadlineMs: 60000 }, new AbortController().signal);`;
  const args = ['--input-type=module-typescript', '-e', program, stateDir, opId, text];
  const daemon = spawn(process.execPath, args, { stdio: 'ignore' });
  const output = join(stateDir, 'output', `${opId.replaceAll('/', '_')}.log`);
  while (!existsSync(output) || !readFileSync(output, 'utf8').includes('busy')) await pause(20);
  return daemon;
}

function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
