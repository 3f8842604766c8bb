import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { DAY } from '../../src/domain/time.ts';
import { buildImage } from '../support/image.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { aDirectory } from './a-directory.ts';
import { never, opId } from './a-step.ts';
import { aVolume, smallDisk } from './a-volume.ts';
import { dieBetweenCalls, Died } from './crashes.ts';

describeWithDocker('volume.restore on a real engine', () => {
  let engine: TestDocker;
  let image: string;

  beforeAll(async () => {
    engine = await startDockerd();
    image = await buildImage(engine, { tag: engine.name('restore').toLowerCase() });
  });
  afterAll(() => engine.stop());

  /** A good set from before, then a bad write, then the set of the incident. */
  async function spoilt(own = true) {
    const it = await aVolume(engine, image);
    const before = await it.before();
    it.put('bad');
    writeFileSync(join(it.data, 'later'), 'x');
    if (own) await it.own();
    return { ...it, before };
  }

  test('a volume comes back from the newest set before the incident, behind writers that are stopped; the undo puts it back', async () => {
    const it = await spoilt();
    const step = it.restoreStep();
    expect(it.restore.describe(step, await it.restore.read(step, never))).toBe(
      `bring the volume ${it.volume} back from ${it.before.id} of 2026-01-05T12:00Z; ${it.writer} is stopped meanwhile and started again; what is there is kept beside it`,
    );
    expect(await it.restore.preflight(step, await it.restore.read(step, never), never)).toEqual([]);
    const since = await it.startedAt();

    const done = await it.restore.apply(step, opId, never);
    expect(done).toMatchObject({
      ended: 'done',
      detail: `the volume ${it.volume} is as in ${it.before.id}; what was there before is kept beside it until retention`,
      integrity: [
        { name: `volume: ${it.volume}`, before: 2, after: 1, lost: 0, corrupted: 0, orphaned: null },
      ],
    });
    expect(await engine.cli('exec', it.writer, 'ls', '/data')).toBe('points');
    expect(await engine.cli('exec', it.writer, 'cat', '/data/points')).toBe('good');
    expect(await it.startedAt()).not.toBe(since);
    expect(await it.restore.probe(step, opId, never)).toBe('done');
    expect(await it.restore.integrityOf?.(step, opId)).toEqual('integrity' in done && done.integrity);
    expect(await it.restore.apply(step, opId, never)).toEqual(done);
    expect(readdirSync(it.beside).filter((name) => name.startsWith('.rollbackd-old-'))).toHaveLength(1);

    expect(await it.restore.undo?.(step, opId, never)).toEqual({
      ended: 'done',
      detail: `the volume ${it.volume} is as before`,
    });
    expect(await engine.cli('exec', it.writer, 'cat', '/data/points')).toBe('bad');
    expect(readdirSync(it.beside)).toEqual(['_data']);
    expect(await it.restore.probe(step, opId, never)).toBe('not_done');
  });

  test('what was in use before goes once it was kept as long as sets are', async () => {
    const it = await spoilt();
    expect(await it.restore.apply(it.restoreStep(), opId, never)).toMatchObject({ ended: 'done' });
    const desk = await it.openDesk({ archivists: [it.archivist] });
    await desk.prune('test');
    expect(readdirSync(it.beside)).toHaveLength(2);
    await it.clock.advance(15 * DAY);
    await desk.prune('test');
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });

  test('killed between any two calls, a repeat finishes, and an undo that is killed, too, leaves all as it was; letting go leaves nothing stopped', async () => {
    const it = await spoilt();
    const step = it.restoreStep();
    for (let nth = 1; ; nth += 1) {
      const op = `${opId}-${nth}`;
      dieBetweenCalls(nth);
      const died = await it.restore.apply(step, op, never).catch((error: unknown) => error);
      onCrashPoint(() => {});
      if (!(died instanceof Died)) {
        expect(nth).toBeGreaterThan(8);
        break;
      }
      const again = (await it.open()).restore;
      if (nth % 3 === 0) {
        expect(await again.release?.(step, op, never)).toMatchObject({ ended: 'done' });
        expect(await it.status()).toBe('running');
        expect(['good', 'bad']).toContain(it.now());
      } else {
        expect(await again.probe(step, op, never)).toBe('partial');
        expect(await again.apply(step, op, never)).toMatchObject({ ended: 'done' });
        expect(it.now()).toBe('good');
        expect(await it.status()).toBe('running');
      }
      dieBetweenCalls(1 + (nth % 6));
      await again.undo?.(step, op, never).catch(() => {});
      onCrashPoint(() => {});
      if (nth % 2 === 0) expect(await again.release?.(step, op, never)).toMatchObject({ ended: 'done' });
      expect(await again.undo?.(step, op, never)).toMatchObject({ ended: 'done' });
      expect(it.now()).toBe('bad');
      expect(await it.status()).toBe('running');
    }
  });

  test('an undo that is killed once all runs again stops nothing a second time', async () => {
    const it = await spoilt();
    const step = it.restoreStep();
    await it.restore.apply(step, `${opId}-whole`, never);
    const places = dieBetweenCalls(Infinity);
    await it.restore.undo?.(step, `${opId}-whole`, never);
    const last = places();

    expect(await it.restore.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    dieBetweenCalls(last);
    await expect(it.restore.undo?.(step, opId, never)).rejects.toBeInstanceOf(Died);
    onCrashPoint(() => {});
    const runsSince = await it.startedAt();
    expect([it.now(), await it.status()]).toEqual(['bad', 'running']);

    const again = (await it.open()).restore;
    expect(await again.undo?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect([it.now(), await it.startedAt()]).toEqual(['bad', runsSince]);
  });

  test('an undo that cannot start a container again is told of until it can', async () => {
    const it = await spoilt();
    const folder = join(aDirectory(), 'bound');
    mkdirSync(folder);
    const other = engine.name('reader');
    const bound = ['--mount', `type=bind,src=${folder},dst=/bound`];
    await engine.cli(
      'run',
      '-d',
      '--name',
      other,
      '-v',
      `${it.volume}:/data`,
      ...bound,
      image,
      'sleep',
      '600',
    );
    const step = it.restoreStep();
    expect(await it.restore.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    renameSync(folder, `${folder}-gone`);
    const stopped = `container ${other} is stopped and could not be started again`;
    await expect(it.restore.undo?.(step, opId, never)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      message: expect.stringContaining(stopped) as string,
    });
    expect([it.now(), await it.status()]).toEqual(['bad', 'running']);
    expect(await it.restore.probe(step, opId, never)).toBe('partial');
    const held = await it.restore.release?.(step, opId, never);
    expect(held).toMatchObject({ ended: 'failed', retryable: true });
    expect(held?.detail).toContain(stopped);

    renameSync(`${folder}-gone`, folder);
    expect(await it.restore.release?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await engine.cli('inspect', '--format', '{{.State.Status}}', other)).toBe('running');
    expect(await it.restore.probe(step, opId, never)).toBe('not_done');
  });

  test('what does not come up on the restored content gets the content from before back', async () => {
    const command = 'test "$(cat /data/points)" != poison && sleep 600';
    const it = await aVolume(engine, image, { command });
    it.put('poison');
    await it.before();
    it.put('bad');
    await it.own();
    const outcome = await it.restore.apply(it.restoreStep({ steady_for: '1s' }), opId, never);
    expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
    expect(outcome.detail).toContain(`container ${it.writer} was started again, but it exited with code 1`);
    expect(outcome.detail).toContain('the content from before was put back');
    expect([it.now(), await it.status()]).toEqual(['bad', 'running']);
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });

  test('nothing is replaced without a set of this incident, nor from one that is missing, holds something else, or is not there', async () => {
    const bare = await spoilt(false);
    expect(await bare.restore.apply(bare.restoreStep(), opId, never)).toEqual({
      ended: 'failed',
      detail: `volume.restore changes nothing: no backup set of i-7k3f9a that was read back holds ${bare.volume} (volume)`,
      retryable: false,
    });
    const it = await spoilt();
    const refusals = async (options: object) =>
      (await it.restore.preflight(it.restoreStep(options), { identity: '', detail: {} }, never)).map(
        ({ message }) => message,
      );
    expect(await refusals({ from: 'b-20260101-000000-none' })).toEqual([
      'there is no backup set b-20260101-000000-none; `rollbackd backup list` lists them',
    ]);
    const other = await aVolume(engine, image);
    expect(await refusals({ volume: other.volume })).toEqual([
      `no backup set that was read back, and that no incident made, holds ${other.volume} (volume)`,
    ]);
    expect(await refusals({ volume: other.volume, from: it.before.id })).toEqual([
      `${it.before.id} holds no ${other.volume} (volume)`,
    ]);
    expect(await refusals({ stop: [other.writer] })).toEqual([
      `${it.writer} runs with ${it.volume}, too, and would not be stopped; name it in stop`,
    ]);
    // A writer that was started since the plan was made: nothing is exchanged under it.
    const outcome = await it.restore.apply(it.restoreStep({ stop: [other.writer] }), opId, never);
    expect(outcome).toEqual({
      ended: 'failed',
      detail: `${it.writer} still runs with ${it.volume}`,
      retryable: false,
    });
    expect([it.now(), await it.status(), await other.status()]).toEqual(['bad', 'running', 'running']);
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });

  test('a set that is truncated, was tampered with, or is empty changes nothing, and stops nothing', async () => {
    const it = await spoilt();
    const file = join(it.sets, it.before.id, it.before.parts[0]!.file);
    const whole = readFileSync(file);
    const since = await it.startedAt();
    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 1;
    for (const spoil of [
      () => truncateSync(file, whole.length >> 1),
      () => writeFileSync(file, flipped),
      () => writeFileSync(file, ''),
    ]) {
      spoil();
      const outcome = await it.restore.apply(it.restoreStep({ from: it.before.id }), opId, never);
      expect(outcome).toMatchObject({ ended: 'failed', retryable: false });
      expect([it.now(), await it.startedAt()]).toEqual(['bad', since]);
      expect(readdirSync(it.beside)).toEqual(['_data']);
    }
  });

  test('a copy that does not hold as many files as it says changes nothing', async () => {
    const it = await aVolume(engine, image);
    const lying = await it.before({
      ...it.archivist,
      dump: async (...given) => ({ ...(await it.archivist.dump(...given)), counts: { [it.volume]: 9 } }),
    });
    it.put('bad');
    await it.own();
    expect(await it.restore.apply(it.restoreStep({ from: lying.id }), opId, never)).toEqual({
      ended: 'failed',
      detail: `${it.volume}: what was restored does not count the same: ${it.volume}: 1 of 9`,
      retryable: false,
    });
    expect([it.now(), await it.status()]).toEqual(['bad', 'running']);
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });

  test('a link in the copy that leads out of the volume is not followed', async () => {
    const it = await aVolume(engine, image);
    const outside = aDirectory();
    const tree = join(aDirectory(), 'tree');
    mkdirSync(join(tree, 'one', '_data'), { recursive: true });
    mkdirSync(join(tree, 'two', '_data', 'link'), { recursive: true });
    symlinkSync(outside, join(tree, 'one', '_data', 'link'));
    writeFileSync(join(tree, 'two', '_data', 'link', 'planted'), 'x');
    const tar = join(tree, 'evil.tar');
    execFileSync('tar', ['-C', join(tree, 'one'), '-cf', tar, '_data']);
    execFileSync('tar', ['-C', join(tree, 'two'), '-rf', tar, '_data/link/planted']);
    const evil = await it.before({
      ...it.archivist,
      async dump(name, sink) {
        await pipeline(Readable.from(readFileSync(tar)), sink);
        return { server: null, tool: null, schemaVersion: null, counts: { [name]: 1 } };
      },
    });
    it.put('bad');
    await it.own();
    const outcome = await it.restore.apply(it.restoreStep({ from: evil.id }), opId, never);
    expect(outcome).toMatchObject({ ended: 'failed' });
    expect(existsSync(join(outside, 'planted'))).toBe(false);
    expect([it.now(), await it.status()]).toEqual(['bad', 'running']);
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });

  test('a disk that is too small for a second one leaves the first as it is', async () => {
    const it = await aVolume(engine, image);
    writeFileSync(join(it.data, 'large'), Buffer.alloc(2_000_000, 7));
    await it.before();
    await engine.cli('rm', '-f', it.writer);
    smallDisk(it.beside, '1m');
    mkdirSync(it.data);
    it.put('bad');
    await it.own();
    const refusal = 'there is no room for a second';
    const found = await it.restore.preflight(it.restoreStep(), { identity: '', detail: {} }, never);
    expect(found).toEqual([{ level: 'refuse', message: expect.stringContaining(refusal) as string }]);
    const outcome = await it.restore.apply(it.restoreStep(), opId, never);
    expect(outcome).toMatchObject({ ended: 'failed', detail: expect.stringContaining(refusal) as string });

    // As when something else fills the disk meanwhile.
    const unaware = { ...it.archivist, room: () => Promise.resolve(null) };
    const full = await (
      await it.open({ archivists: [unaware] })
    ).restore.apply(it.restoreStep(), opId, never);
    expect(full).toMatchObject({ ended: 'failed', retryable: false });
    expect(full.detail).toContain('could not restore');
    expect(it.now()).toBe('bad');
    expect(readdirSync(it.beside)).toEqual(['_data']);
  });
});
