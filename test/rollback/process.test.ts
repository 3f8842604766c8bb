import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import { lives, processOfPidFile, signalProcess } from '../../src/clients/process/named-process.ts';
import { statusNow } from '../../src/clients/process/proc.ts';
import { processes } from '../../src/clients/process/runner.ts';
import { processRestartDriver } from '../../src/rollback/drivers/process-restart.ts';
import { processStopDriver } from '../../src/rollback/drivers/process-stop.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 8_000 });

/** A machine with programs in a folder, and the drivers of a daemon that may run them. */
function machine() {
  const home = aDirectory();
  const stateDir = aDirectory();
  const clock = systemClock();
  const allowed: string[] = [];
  const parts = () => ({
    processes: processes({
      clock,
      stateDir,
      allowedPrograms: allowed,
      environment: { PATH: process.env['PATH'] },
    }),
    records: effectRecords(stateDir, clock),
    clock,
    hostRoot: '/',
  });
  const pidFile = join(home, 'mdm.pid');
  return {
    home,
    pidFile,
    parts,
    /** A shell script that may be run. */
    program(name: string, script: string): string {
      const path = join(home, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      allowed.push(path);
      return path;
    },
    /** A process, with its number in the pid file. */
    async running(first = ':'): Promise<ChildProcess> {
      const script = `${first}; echo ready; exec sleep 60`;
      const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      await once(child.stdout, 'data');
      writeFileSync(pidFile, `${child.pid}\n`);
      return child;
    },
    stop: (options: object) => {
      const driver = processStopDriver(parts());
      return { driver, step: aStep('process.stop', driver.options.parse(options), { deadlineMs: 60_000 }) };
    },
    restart: (options: object) => {
      const driver = processRestartDriver(parts());
      return {
        driver,
        step: aStep('process.restart', driver.options.parse(options), { deadlineMs: 60_000 }),
      };
    },
  };
}

/** Ends what a start command left in the background. */
function endStarted(pidFile: string): void {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended already.
  }
}

async function refusals({ driver, step }: ReturnType<ReturnType<typeof machine>['stop' | 'restart']>) {
  const found = await driver.preflight(step, await driver.read(step, never), never);
  return found.map(({ level, message }) => `${level}: ${message}`);
}

describe('a pid file', () => {
  test('its process is asked to end, and read back; a repeat is harmless', async () => {
    const it = machine();
    const child = await it.running();
    const { driver, step } = it.stop({ pid_file: it.pidFile });
    expect(await refusals({ driver, step })).toEqual([]);
    expect(driver.describe(step, await driver.read(step, never))).toBe(`stop the process of ${it.pidFile}`);
    expect(await driver.probe(step, opId, never)).toBe('not_done');

    const done = { ended: 'done', detail: `the process of ${it.pidFile} is stopped` };
    expect(await driver.apply(step, opId, never)).toEqual(done);

    expect(child.signalCode).toBe('SIGTERM');
    expect(await driver.probe(step, opId, never)).toBe('done');
    expect(await driver.apply(step, opId, never)).toEqual(done);
    expect(await refusals({ driver, step })).toEqual([`warn: the process of ${it.pidFile} does not run`]);
  });

  test('one that does not end is killed after a while', async () => {
    const it = machine();
    const child = await it.running("trap '' TERM");
    const { driver, step } = it.stop({ pid_file: it.pidFile, within: '200ms' });
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(child.signalCode).toBe('SIGKILL');
  });

  test('what must not be signalled is refused: 1, rollbackd, what started it, reused numbers, other users, links', async () => {
    const it = machine();
    const child = await it.running();
    const { stop, pidFile } = it;
    const said = async (): Promise<string> =>
      (await refusals(stop({ pid_file: pidFile })))
        .join()
        .replace(`the pid file ${pidFile} is not followed: `, '');
    for (const [text, why] of [
      ['1\n', 'refuse: it names process 1'],
      ['0\n', 'refuse: it names process 0'],
      [`${process.pid}\n`, `refuse: process ${process.pid} is rollbackd, or what started it`],
      [`${process.ppid}\n`, `refuse: process ${process.ppid} is rollbackd, or what started it`],
      ['-1\n', `refuse: the pid file ${pidFile} does not hold a process id`],
      ['', `refuse: the pid file ${pidFile} does not hold a process id`],
    ] as const) {
      writeFileSync(pidFile, text);
      expect(await said()).toBe(why);
    }
    writeFileSync(pidFile, `${child.pid}\nmore lines, as of PostgreSQL\n`);
    expect(await said()).toBe('');
    chownSync(pidFile, 1234, 1234);
    expect(await said()).toBe(`refuse: it belongs to user 1234, but process ${child.pid} to user 0`);
    chownSync(pidFile, 0, 0);
    chmodSync(pidFile, 0o666);
    expect(await said()).toBe('refuse: others than its owner may write it');
    chmodSync(pidFile, 0o644);
    const yesterday = new Date(Date.now() - 86_400_000);
    utimesSync(pidFile, yesterday, yesterday);
    expect(await said()).toBe(
      `refuse: process ${child.pid} began after the file was written: the number belongs to another one now`,
    );
    symlinkSync(pidFile, join(it.home, 'link.pid'));
    expect(await refusals(stop({ pid_file: join(it.home, 'link.pid') }))).toEqual([
      `refuse: could not read the pid file ${it.home}/link.pid: it is a symbolic link, and none is followed here`,
    ]);
    expect(child.signalCode).toBe(null);
  });

  test('a number that belongs to another process by now is not signalled', async () => {
    const it = machine();
    const child = await it.running();
    const pid = child.pid ?? 0;
    const startTicks = statusNow(pid)?.startTicks ?? 0;
    const former = { pid, startTicks: startTicks - 100 };
    expect([await lives(former), signalProcess(former, 'SIGKILL')]).toEqual([false, false]);
    expect(await processOfPidFile(it.pidFile, '/')).toEqual({ pid, startTicks });
    expect(await lives({ pid, startTicks })).toBe(true);
  });

  test('something that starts it again is told of, and the plan does not go on', async () => {
    const it = machine();
    await it.running();
    const { driver, step } = it.stop({ pid_file: it.pidFile, within: '300ms' });
    dieBetweenCalls(2);
    await expect(driver.apply(step, opId, never)).rejects.toThrow(Died);
    dieBetweenCalls(0);
    await it.running();
    expect(await driver.probe(step, opId, never)).toBe('unknown');
    expect(await driver.apply(step, opId, never)).toEqual({
      ended: 'failed',
      detail: `the process of ${it.pidFile} runs again: something else starts it`,
      retryable: false,
    });
  });

  test('a restart ends it, starts another one, and waits for its pid file', async () => {
    const it = machine();
    const start = it.program(
      'start',
      `sleep 60 >/dev/null 2>&1 & echo $! > ${it.pidFile}; echo started >> ${it.home}/log`,
    );
    onTestFinished(() => endStarted(it.pidFile));
    const child = await it.running();
    const { driver, step } = it.restart({ pid_file: it.pidFile, start: [start] });
    expect(await driver.apply(step, opId, never)).toEqual({
      ended: 'done',
      detail: `the process of ${it.pidFile} is restarted`,
    });
    expect(child.signalCode).toBe('SIGTERM');
    expect(await driver.probe(step, opId, never)).toBe('done');
    expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(readFileSync(join(it.home, 'log'), 'utf8')).toBe('started\n');
  });

  test('killed between any two calls, a restart starts it once', async () => {
    for (let nth = 1; ; nth += 1) {
      const it = machine();
      const start = it.program(
        'start',
        `sleep 60 >/dev/null 2>&1 & echo $! > ${it.pidFile}; echo started >> ${it.home}/log`,
      );
      await it.running();
      const options = { pid_file: it.pidFile, start: [start], within: '300ms' };
      const times = dieBetweenCalls(nth);
      const { driver, step } = it.restart(options);
      const died = await driver.apply(step, opId, never).catch((error: unknown) => error);
      onTestFinished(() => endStarted(it.pidFile));
      if (times() < nth) break;
      expect(died).toBeInstanceOf(Died);
      dieBetweenCalls(0);
      expect(await it.restart(options).driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
      expect(readFileSync(join(it.home, 'log'), 'utf8')).toBe('started\n');
    }
  });

  test('the undo of a stop starts it again where the plan says how', async () => {
    const it = machine();
    const start = it.program('start', `sleep 60 >/dev/null 2>&1 & echo $! > ${it.pidFile}`);
    await it.running();
    const { driver, step } = it.stop({ pid_file: it.pidFile, start: [start] });
    expect(driver.undoable?.(step)).toBe(true);
    await driver.apply(step, opId, never);
    expect(await driver.undo?.(step, opId, never)).toEqual({
      ended: 'done',
      detail: `the process of ${it.pidFile} runs again`,
    });
    process.kill(Number(readFileSync(it.pidFile, 'utf8')), 'SIGKILL');
    const bare = it.stop({ pid_file: it.pidFile });
    expect(bare.driver.undoable?.(bare.step)).toBe(false);
  });
});

describe('a unit of systemd', () => {
  /** Plays systemctl by its manual page: verbs, `show` with properties, exit codes; a unit has one file for its state. */
  function systemd(state = 'active') {
    const it = machine();
    const bin = join(it.home, 'bin');
    mkdirSync(bin);
    const set = (active: string, invocation: string): void => {
      writeFileSync(join(it.home, 'active'), active);
      writeFileSync(join(it.home, 'invocation'), invocation);
    };
    set(state, 'aaaa');
    it.program(
      'systemctl',
      `cd ${it.home}; echo "$*" >> calls
for last; do :; done
[ "$last" = mdm.service ] || { case "$*" in *show*) echo LoadState=not-found; echo ActiveState=inactive; exit 0;; esac; echo "Unit $last not loaded." >&2; exit 5; }
case "$*" in
  *show*) echo LoadState=loaded; echo "ActiveState=$(cat active)"; echo SubState=x; echo "InvocationID=$(cat invocation)";;
  *restart*) [ -e refuse ] && { echo "Job for mdm.service failed." >&2; exit 1; }; echo active > active; date +%N > invocation;;
  *start*) echo active > active; date +%N > invocation;;
  *stop*) [ -e refuse ] && { echo "Interactive authentication required." >&2; exit 4; }; echo inactive > active; : > invocation;;
  *) exit 1;;
esac`,
    );
    return {
      ...it,
      set,
      calls: () =>
        readFileSync(join(it.home, 'calls'), 'utf8')
          .split('\n')
          .filter((line) => !line.includes('show') && line !== ''),
    };
  }

  test('is stopped, read back, and started again by the undo', async () => {
    const it = systemd();
    const { driver, step } = it.stop({ unit: 'mdm' });
    expect(await refusals({ driver, step })).toEqual([]);
    expect(await driver.apply(step, opId, never)).toEqual({
      ended: 'done',
      detail: 'the unit mdm.service is stopped',
    });
    expect(await driver.probe(step, opId, never)).toBe('done');
    expect(await driver.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await driver.probe(step, opId, never)).toBe('not_done');
    expect(it.calls()).toEqual([
      '--no-ask-password stop -- mdm.service',
      '--no-ask-password start -- mdm.service',
    ]);
  });

  test('is restarted once, however often the daemon dies: another invocation tells', async () => {
    for (let nth = 1; ; nth += 1) {
      const it = systemd();
      const { driver, step } = it.restart({ unit: 'mdm.service' });
      const times = dieBetweenCalls(nth);
      const died = await driver.apply(step, opId, never).catch((error: unknown) => error);
      if (times() < nth) break;
      expect(died).toBeInstanceOf(Died);
      dieBetweenCalls(0);
      expect(await driver.apply(step, opId, never)).toMatchObject({ ended: 'done' });
      expect(await driver.probe(step, opId, never)).toBe('done');
      expect(it.calls()).toEqual(['--no-ask-password restart -- mdm.service']);
    }
  });

  test('a refusal is a failure while everything is as before, and in doubt once it is not', async () => {
    const it = systemd();
    writeFileSync(join(it.home, 'refuse'), '');
    const { driver, step } = it.stop({ unit: 'mdm' });
    expect(await driver.apply(step, opId, never)).toEqual({
      ended: 'failed',
      detail:
        'systemctl --no-ask-password stop -- mdm.service ended with 4: Interactive authentication required.',
      retryable: false,
    });
    const again = it.restart({ unit: 'mdm' });
    dieBetweenCalls(1);
    await expect(again.driver.apply(again.step, `${opId}1`, never)).rejects.toThrow(Died);
    dieBetweenCalls(0);
    it.set('failed', '');
    await expect(again.driver.apply(again.step, `${opId}1`, never)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      recourse: 'reconcile',
    });
    expect(await again.driver.probe(again.step, `${opId}1`, never)).toBe('partial');
  });

  test('one that systemd does not know, and names that are options or patterns, are refused', async () => {
    const it = systemd();
    expect(await refusals(it.stop({ unit: 'other' }))).toEqual([
      'refuse: the unit other.service cannot be used: systemd says not-found',
    ]);
    const { options } = it.stop({ unit: 'mdm' }).driver;
    for (const unit of [
      '--root=/x',
      '-H host',
      '*',
      'mdm*',
      'a?',
      '[a]',
      'a b',
      'a/b',
      '',
      'sshd.socket',
      'multi-user.target',
      '.x',
    ])
      expect(options.safeParse({ unit }).success).toBe(false);
    expect(options.safeParse({ unit: 'postgresql@17-main.service' }).success).toBe(true);
  });

  test('the real systemctl understands each of our calls, where there is one', () => {
    const path = '/usr/bin/systemctl';
    const calls = [
      ['stop'],
      ['start'],
      ['restart'],
      ['show', '--property=LoadState,ActiveState,SubState,InvocationID'],
    ];
    for (const call of calls.filter(() => existsSync(path))) {
      const { stderr } = spawnSync(
        path,
        ['--no-ask-password', ...call, '--', 'rollbackd-no-such-unit.service'],
        {
          encoding: 'utf8',
        },
      );
      expect(stderr).not.toMatch(
        /unrecognized|invalid option|unknown command|unknown operation|too many|too few/i,
      );
    }
    expect(calls).toHaveLength(4);
  });
});

describe('commands', () => {
  test('stop and ask about it; without status nobody knows after an interruption', async () => {
    const it = machine();
    writeFileSync(join(it.home, 'runs'), '');
    const stop = it.program('stop-mdm', `rm ${it.home}/runs`);
    const status = it.program('mdm-status', `[ -e ${it.home}/runs ] || exit 3`);
    const asked = it.stop({ command: [stop], status: [status] });
    expect(await refusals(asked)).toEqual([]);
    expect(await asked.driver.apply(asked.step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await asked.driver.probe(asked.step, opId, never)).toBe('done');

    const blind = it.stop({ command: [stop] });
    expect(await refusals(blind)).toEqual([
      'warn: states no status: if rollbackd is interrupted meanwhile, the incident is handed over',
    ]);
    writeFileSync(join(it.home, 'runs'), '');
    dieBetweenCalls(2);
    await expect(blind.driver.apply(blind.step, `${opId}1`, never)).rejects.toThrow(Died);
    expect(await blind.driver.probe(blind.step, `${opId}1`, never)).toBe('unknown');
  });

  test('programs that are not allowed are refused', async () => {
    expect(await refusals(machine().stop({ command: ['/bin/rm'] }))).toEqual([
      'refuse: the program /bin/rm is not one of the allowed programs; state its absolute path and list it under allowed_programs',
    ]);
  });

  test('exactly one way is stated, and a restart says how to start', () => {
    const { driver } = machine().stop({ unit: 'mdm' });
    const restart = machine().restart({ unit: 'mdm' }).driver;
    for (const options of [
      {},
      { unit: 'a', pid_file: '/a' },
      { unit: 'a', start: ['x'] },
      { unit: 'a', status: ['x'] },
    ])
      expect(driver.options.safeParse(options).success).toBe(false);
    for (const options of [{ pid_file: '/a' }, { command: ['x'], start: ['y'] }])
      expect(restart.options.safeParse(options).success).toBe(false);
  });
});
