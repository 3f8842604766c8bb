import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { httpClient } from '../../src/clients/http.ts';
import { processes } from '../../src/clients/process/runner.ts';
import { linkObserver } from '../../src/releases/observers/link.ts';
import { linkRollbackDriver } from '../../src/rollback/drivers/link-rollback.ts';
import { serving } from '../clients/loopback.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { aDirectory } from './a-directory.ts';
import { aStep, never, opId, release, shop } from './a-step.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

vi.setConfig({ testTimeout: 30_000 });

const sh = '/bin/sh';

/** Two releases, of which the second one runs, and a restart that writes down where the link led. */
function deployed(options: object = {}, written = 'releases/2') {
  const home = aDirectory();
  for (const name of ['1', '2', '3']) mkdirSync(join(home, 'releases', name), { recursive: true });
  const link = join(home, 'current');
  symlinkSync(written, link);
  const log = join(home, 'restarts');
  writeFileSync(log, '');
  const clock = systemClock();
  const runner = processes({
    clock,
    stateDir: aDirectory(),
    allowedPrograms: [sh],
    environment: process.env,
  });
  const driver = linkRollbackDriver({ processes: runner, clock, http: httpClient({ clock }) });
  const restart = { run: [sh, '-c', `readlink ${link} >> ${log}`] };
  const directory = (name: string) => join(home, 'releases', name);
  const target = { ...shop, link: { path: link } };
  const step = aStep('link.rollback', driver.options.parse({ restart, ...options }), {
    target,
    from: release('link', directory('2'), '2'),
    to: release('link', directory('1'), '1'),
  });
  return {
    driver,
    step,
    home,
    link,
    target,
    directory,
    leadsTo: () => readlinkSync(link),
    restarts: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean),
    leftovers: () => readdirSync(home).filter((name) => name.startsWith('.current')),
    problems: async () => driver.preflight(step, await driver.read(step, never), never),
    observer: linkObserver({ clock: new SimulatedClock() }),
  };
}

test('the link is switched to the older release, and the service restarted once', async () => {
  const it = deployed();
  expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');
  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'done',
    detail: `${it.link} leads to ${it.directory('1')}, and the service was restarted`,
  });
  expect(it.leadsTo()).toBe('releases/1');
  expect(it.restarts()).toEqual(['releases/1']);
  expect(it.leftovers()).toEqual([]);
  expect(await it.driver.probe(it.step, opId, never)).toBe('done');
});

test('an absolute link stays absolute', async () => {
  const it = deployed();
  rmSync(it.link);
  symlinkSync(it.directory('2'), it.link);
  await it.driver.apply(it.step, opId, never);
  expect(it.leadsTo()).toBe(it.directory('1'));
});

test('run again under the same effect, nothing is done twice', async () => {
  const it = deployed();
  await it.driver.apply(it.step, opId, never);
  expect((await it.driver.apply(it.step, opId, never)).ended).toBe('done');
  expect(it.restarts()).toEqual(['releases/1']);
});

test.for([
  [1, 'partial', ['releases/1']],
  [2, 'partial', ['releases/1', 'releases/1']],
] as const)(
  'killed after call %i, it is finished by the next run and no restart is lost',
  async ([nth, answer, restarts]) => {
    const it = deployed();
    dieBetweenCalls(nth);
    await expect(it.driver.apply(it.step, opId, never)).rejects.toThrow(Died);
    expect(await it.driver.probe(it.step, opId, never)).toBe(answer);
    expect((await it.driver.apply(it.step, opId, never)).ended).toBe('done');
    expect(it.leadsTo()).toBe('releases/1');
    expect(it.restarts()).toEqual(restarts);
    expect(await it.driver.probe(it.step, opId, never)).toBe('done');
    expect(it.leftovers()).toEqual([]);
  },
);

test('a link that somebody else moved meanwhile is left alone', async () => {
  const it = deployed();
  rmSync(it.link);
  symlinkSync('releases/3', it.link);
  expect(await it.driver.apply(it.step, opId, never)).toEqual({
    ended: 'failed',
    detail: `${it.link} leads to ${it.directory('3')}, not to ${it.directory('2')}: somebody else moved it; nothing was changed`,
    retryable: false,
  });
  expect(it.leadsTo()).toBe('releases/3');
  expect(it.restarts()).toEqual([]);
});

test('a link that somebody else moved after us is not judged', async () => {
  const it = deployed();
  await it.driver.apply(it.step, opId, never);
  rmSync(it.link);
  symlinkSync('releases/3', it.link);
  expect(await it.driver.probe(it.step, opId, never)).toBe('unknown');
});

/** A restart that works for every release but the first. */
function failsOnRelease1(home: string): object {
  const log = join(home, 'restarts');
  return { run: [sh, '-c', `readlink ${home}/current >> ${log}; ! readlink ${home}/current | grep -q /1$`] };
}

test('when the restart fails, the link is put back and the service restarted on it', async () => {
  const it = deployed();
  const step = { ...it.step, options: { restart: failsOnRelease1(it.home) } };
  const outcome = await it.driver.apply(step, opId, never);
  expect(outcome.ended).toBe('failed');
  expect(outcome.detail).toContain(`ended with 1: it printed nothing; ${it.link} was put back to releases/2`);
  expect(it.leadsTo()).toBe('releases/2');
  expect(it.restarts()).toEqual(['releases/1', 'releases/2']);
});

test.for([
  [2, ['releases/1', 'releases/1', 'releases/2']],
  [3, ['releases/1', 'releases/2']],
  [4, ['releases/1', 'releases/2', 'releases/2']],
] as const)(
  'killed after call %i of a restart that fails, the link still ends where it was',
  async ([nth, restarts]) => {
    const it = deployed();
    const step = { ...it.step, options: { restart: failsOnRelease1(it.home) } };
    dieBetweenCalls(nth);
    await expect(it.driver.apply(step, opId, never)).rejects.toThrow(Died);
    expect((await it.driver.apply(step, opId, never)).ended).toBe('failed');
    expect(it.leadsTo()).toBe('releases/2');
    expect(it.restarts()).toEqual(restarts);
    expect((await it.driver.apply(step, opId, never)).ended).toBe('failed');
    expect(it.restarts()).toEqual(restarts);
  },
);

test('an older release that does not become healthy is replaced by the one that ran', async () => {
  const statuses = [503];
  const served = await serving((_request, answer) => answer.writeHead(statuses.shift() ?? 503).end());
  const url = `${served.url}/health`;
  const it = deployed({ healthy: { url, within: '100ms' } });
  expect((await it.driver.apply(it.step, opId, never)).detail).toBe(
    `not healthy within 100ms: ${url} answered 503; ${it.link} was put back to releases/2`,
  );
  statuses.push(503, 200);
  const patient = {
    ...it.step,
    options: { ...(it.step.options as object), healthy: { url, within: '20s' } },
  };
  expect((await it.driver.apply(patient, `${opId}1`, never)).ended).toBe('done');
});

test('undo goes back to the release before and restarts, once', async () => {
  const it = deployed();
  await it.driver.apply(it.step, opId, never);
  expect(await it.driver.undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
  expect(await it.driver.undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
  expect(it.leadsTo()).toBe('releases/2');
  expect(it.restarts()).toEqual(['releases/1', 'releases/2']);
});

test.for([1, 2])(
  'killed after call %i of an undo, it is partly there, and the next run finishes it',
  async (nth) => {
    const it = deployed();
    await it.driver.apply(it.step, opId, never);
    dieBetweenCalls(nth);
    await expect(it.driver.undo?.(it.step, opId, never)).rejects.toThrow(Died);
    expect(await it.driver.probe(it.step, opId, never)).toBe('partial');
    expect(await it.driver.undo?.(it.step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await it.driver.probe(it.step, opId, never)).toBe('not_done');
    expect(it.leadsTo()).toBe('releases/2');
    expect(it.restarts().at(-1)).toBe('releases/2');
  },
);

test('a service can be told by a signal', async () => {
  const it = deployed();
  const service = join(it.home, 'service.pid');
  const heard: string[] = [];
  const hear = (): void => void heard.push(it.leadsTo());
  process.on('SIGUSR2', hear);
  onTestFinished(() => void process.off('SIGUSR2', hear));
  writeFileSync(service, `${process.pid}\n`);
  const step = { ...it.step, options: { restart: { signal: 'USR2', pid_file: service } } };
  expect((await it.driver.apply(step, opId, never)).ended).toBe('done');
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual(['releases/1']);
});

test('preflight finds nothing wrong with a release that is there', async () => {
  expect(await deployed().problems()).toEqual([]);
});

test('preflight refuses a release directory that is gone', async () => {
  const it = deployed();
  rmSync(it.directory('1'), { recursive: true });
  expect(await it.problems()).toEqual([
    {
      level: 'refuse',
      message: `the release directory ${it.directory('1')} is missing or cannot be read: ENOENT: no such file or directory, opendir '${it.directory('1')}'`,
    },
  ]);
});

test('preflight refuses to go where the link leads already', async () => {
  const it = deployed({}, 'releases/1');
  expect(await it.problems()).toEqual([
    { level: 'refuse', message: `${it.link} already leads to ${it.directory('1')}` },
  ]);
});

test('preflight refuses restarts that cannot work', async () => {
  const nobody = deployed({ restart: { run: ['/usr/bin/systemctl', 'restart', 'shop'] } });
  expect(await nobody.problems()).toEqual([
    {
      level: 'refuse',
      message:
        'cannot restart: the program /usr/bin/systemctl is not one of the allowed programs; state its absolute path and list it under allowed_programs',
    },
  ]);
  const pid = join(nobody.home, 'pid');
  writeFileSync(pid, '1');
  const everybody = { ...nobody.step, options: { restart: { signal: 'HUP', pid_file: pid } } };
  const facts = await nobody.driver.read(everybody, never);
  expect(await nobody.driver.preflight(everybody, facts, never)).toEqual([
    { level: 'refuse', message: `cannot restart: the pid file ${pid} does not hold a process id` },
  ]);
});

test('a directory in the place of the link is refused', async () => {
  const it = deployed();
  rmSync(it.link);
  mkdirSync(it.link);
  await expect(it.driver.read(it.step, never)).rejects.toThrow(
    `${it.link} is not a symlink; point the target at the link that leads to the current release`,
  );
});

test('the facts change when the link is moved', async () => {
  const it = deployed();
  const before = await it.driver.read(it.step, never);
  rmSync(it.link);
  symlinkSync('releases/3', it.link);
  expect((await it.driver.read(it.step, never)).identity).not.toBe(before.identity);
});

test('a dry run and a person read the same story', async () => {
  const it = deployed({ restart: { signal: 'HUP', pid_file: '/run/shop.pid' } });
  const facts = await it.driver.read(it.step, never);
  expect(it.driver.describe(it.step, facts)).toBe(
    `switch ${it.link} from ${it.directory('2')} to ${it.directory('1')}, then kill -HUP "$(cat /run/shop.pid)"`,
  );
  expect(it.driver.byHand(it.step)).toEqual([
    `ln -sfn ${it.directory('1')} ${it.link}.new`,
    `mv -T ${it.link}.new ${it.link}`,
    'kill -HUP "$(cat /run/shop.pid)"',
  ]);
});

test('the observer sees the directory, and whether it was us who chose it', async () => {
  const it = deployed();
  const sighting = { at: start, healthy: null, exited: false, sealed: null, manager: null };
  const two = [{ kind: 'link', value: it.directory('2'), label: '2' }];
  expect(await it.observer.look(it.target, never)).toEqual({ ...sighting, components: two, opId: null });
  await it.driver.apply(it.step, opId, never);
  const one = [{ kind: 'link', value: it.directory('1'), label: '1' }];
  expect(await it.observer.look(it.target, never)).toEqual({ ...sighting, components: one, opId });
  rmSync(it.link);
  symlinkSync('releases/1', it.link);
  expect(await it.observer.look(it.target, never)).toMatchObject({ components: one, opId: null });
});

test('the observer sees a broken or missing link as nothing that could start again', async () => {
  const it = deployed({}, 'releases/gone');
  const nothing = { components: [], exited: true, healthy: false };
  expect(await it.observer.look(it.target, never)).toMatchObject(nothing);
  rmSync(it.link);
  expect(await it.observer.look(it.target, never)).toMatchObject(nothing);
  writeFileSync(it.link, 'a file');
  await expect(it.observer.look(it.target, never)).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
});

test('the observer hints at a link that was moved', async () => {
  const it = deployed();
  const hints: string[] = [];
  const rounds: (() => void)[] = [];
  const clock = {
    now: () => start,
    wall: () => start,
    after: (_ms: number, call: () => void) => (rounds.push(call), () => {}),
  };
  const nextRound = async (count: number) => vi.waitFor(() => expect(rounds.length).toBe(count));
  const stopping = new AbortController();
  const watching = linkObserver({ clock }).watch?.([it.target], (name) => hints.push(name), stopping.signal);
  await nextRound(1);
  rounds[0]?.();
  await nextRound(2);
  expect(hints).toEqual([]);
  rmSync(it.link);
  symlinkSync('releases/1', it.link);
  rounds[1]?.();
  await nextRound(3);
  expect(hints).toEqual(['shop']);
  stopping.abort();
  await watching;
});
