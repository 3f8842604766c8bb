import { mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { onCrashPoint } from '../../src/domain/crash-point.ts';
import { localPlace } from '../../src/backup/local-place.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { buildImage } from '../support/image.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { aDirectory } from './a-directory.ts';
import { never, opId } from './a-step.ts';
import { aVolume, smallDisk } from './a-volume.ts';
import { dieBetweenCalls } from './crashes.ts';

describeWithDocker('volume.snapshot on a real engine', () => {
  let engine: TestDocker;
  let image: string;

  beforeAll(async () => {
    engine = await startDockerd();
    image = await buildImage(engine, { tag: engine.name('snap').toLowerCase() });
  });
  afterAll(() => engine.stop());

  test('what writes is stopped while the volume is copied, and runs again; a repeat finds the same set', async () => {
    const it = await aVolume(engine, image);
    truncateSync(join(it.data, 'points'), 32 * 1024 * 1024);
    const seen: string[] = [];
    const watched = {
      ...it.archivist,
      dump: async (...given: Parameters<typeof it.archivist.dump>) => {
        seen.push(await it.status());
        return it.archivist.dump(...given);
      },
    };
    const { snapshot, backups } = await it.open({ archivists: [watched] });
    const step = it.snapshotStep();
    expect(snapshot.describe(step, await snapshot.read(step, never))).toBe(
      `copy the volume ${it.volume} into a backup set, and read it back; ${it.writer} is stopped meanwhile and started again`,
    );
    expect(await snapshot.preflight(step, await snapshot.read(step, never), never)).toEqual([]);
    expect(await snapshot.probe(step, opId, never)).toBe('not_done');

    const done = await snapshot.apply(step, opId, never);
    expect(done).toMatchObject({ ended: 'done' });
    expect(done.detail).toContain(`it reads back; ${it.writer} was stopped meanwhile and runs again`);
    expect(seen).toEqual(['exited']);
    expect(await it.status()).toBe('running');
    expect(await snapshot.probe(step, opId, never)).toBe('done');
    const [set] = await backups.list();
    expect(set).toMatchObject({
      recipe: `volumes ${it.volume}`,
      incident: 'i-7k3f9a',
      target: 'shop',
      key: opId,
    });
    // Holes are not stored.
    expect(set!.parts[0]!.plainBytes).toBeLessThan(100_000);
    expect(snapshot.backsUp?.(step)).toEqual([{ kind: 'volume', name: it.volume }]);

    const since = await it.startedAt();
    expect(await snapshot.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(await snapshot.release?.(step, opId, never)).toMatchObject({ ended: 'done' });
    expect([await it.startedAt(), (await backups.list()).length]).toEqual([since, 1]);
  });

  test('a store that keeps its data in the volume is copied into the same set before what runs it is stopped', async () => {
    const it = await aVolume(engine, image);
    const seen: string[] = [];
    const seeing = (archivist: Archivist): Archivist => ({
      ...archivist,
      dump: async (name, sink, signal) => {
        seen.push(`${archivist.kind} ${await it.status()}`);
        return archivist.dump(name, sink, signal);
      },
    });
    const store: Archivist = {
      ...it.archivist,
      kind: 'store',
      examine: () => Promise.resolve({ problems: [], bytes: 1 }),
      dump: (name, sink) => {
        sink.end('its schema');
        return Promise.resolve({ server: null, tool: null, schemaVersion: null, counts: { [name]: 1 } });
      },
    };
    const { snapshot, backups } = await it.open({ archivists: [seeing(store), seeing(it.archivist)] });
    const step = it.snapshotStep({ stores: ['vectors'] });
    expect(await snapshot.apply(step, opId, never)).toMatchObject({ ended: 'done' });
    expect(seen).toEqual(['store running', 'volume exited']);
    expect(await it.status()).toBe('running');
    const both = [
      { kind: 'store', name: 'vectors' },
      { kind: 'volume', name: it.volume },
    ];
    expect((await backups.list())[0]!.parts).toMatchObject(both);
    expect(snapshot.backsUp?.(step)).toEqual(both);
  });

  test('killed between any two calls, nothing stays stopped: a repeat ends the copy, and letting go starts what was stopped', async () => {
    const it = await aVolume(engine, image);
    for (let nth = 1; ; nth += 1) {
      const op = `${opId}-${nth}`;
      const times = dieBetweenCalls(nth);
      const step = it.snapshotStep();
      await it.snapshot.apply(step, op, never).catch(() => {});
      onCrashPoint(() => {});
      if (times() < nth) {
        expect(nth).toBeGreaterThan(4);
        break;
      }
      const again = (await it.open()).snapshot;
      if (nth % 2 === 0) expect(await again.apply(step, op, never)).toMatchObject({ ended: 'done' });
      else expect(await again.release?.(step, op, never)).toMatchObject({ ended: 'done' });
      expect(await it.status()).toBe('running');
    }
  });

  test('without room for the copy the step fails, and what was stopped runs again', async () => {
    const it = await aVolume(engine, image);
    writeFileSync(join(it.data, 'large'), Buffer.alloc(1_000_000, 7));
    const small = aDirectory();
    smallDisk(small, '300k');
    const { snapshot } = await it.open({ place: localPlace(small) });
    const outcome = await snapshot.apply(it.snapshotStep(), opId, never);
    expect(outcome).toMatchObject({ ended: 'failed' });
    expect(outcome.detail).toContain('there is no room for the set');
    expect(await it.status()).toBe('running');
  });

  test('a container that cannot be started again is told of until it can', async () => {
    const folder = join(aDirectory(), 'bound');
    mkdirSync(folder);
    const it = await aVolume(engine, image, { more: ['--mount', `type=bind,src=${folder},dst=/bound`] });
    const broken = {
      ...it.archivist,
      dump: (...given: Parameters<typeof it.archivist.dump>) => {
        renameSync(folder, `${folder}-gone`);
        return it.archivist.dump(...given);
      },
    };
    const { snapshot } = await it.open({ archivists: [broken] });
    const step = it.snapshotStep();
    await expect(snapshot.apply(step, opId, never)).rejects.toMatchObject({
      code: 'EFFECT_UNKNOWN',
      message: expect.stringContaining(
        `container ${it.writer} is stopped and could not be started again`,
      ) as string,
    });
    expect(await snapshot.probe(step, opId, never)).toBe('partial');
    const held = await snapshot.release?.(step, opId, never);
    expect(held).toMatchObject({ ended: 'failed', retryable: true });
    expect(held?.detail).toContain(`container ${it.writer} is stopped`);

    renameSync(`${folder}-gone`, folder);
    expect(await snapshot.release?.(step, opId, never)).toEqual({
      ended: 'done',
      detail: 'everything that was stopped for the copy was started again',
    });
    expect(await it.status()).toBe('running');
  });

  test('what cannot be stopped, or is not named though it writes, is refused before any effect; a running writer is warned of', async () => {
    const it = await aVolume(engine, image);
    const other = engine.name('other');
    await engine.cli('run', '-d', '--rm', '--name', other, '-v', `${it.volume}:/data`, image, 'sleep', '600');
    const findings = async (options: object) => {
      const step = it.snapshotStep(options);
      return it.snapshot.preflight(step, { identity: '', detail: {} }, never);
    };
    expect(await findings({})).toEqual([
      { level: 'refuse', message: `container ${other} was started with --rm: once stopped it is gone` },
    ]);
    expect(await findings({ stop: [it.writer] })).toEqual([
      {
        level: 'refuse',
        message: `${other} runs with ${it.volume}, too, and would not be stopped; name it in stop`,
      },
    ]);
    expect(await findings({ writers: 'quiesced', stop: [it.writer] })).toEqual([
      {
        level: 'refuse',
        message: 'stop names containers, and writers: quiesced stops none; leave one of them out',
      },
    ]);
    expect(
      (await findings({ writers: 'running' })).map(({ level, message }) => `${level}: ${message}`),
    ).toEqual(
      [other, it.writer].map(
        (name) =>
          `warn: ${name} runs with the volume ${it.volume}; stop or quiesce it before, or the copy may not be consistent`,
      ),
    );
    expect(await findings({ volumes: ['no-such'] })).toEqual([
      { level: 'refuse', message: 'there is no volume no-such' },
    ]);
    const development = (await it.open({}, true)).snapshot;
    expect(await development.preflight(it.snapshotStep(), { identity: '', detail: {} }, never)).toEqual([
      { level: 'warn', message: `no copy of ${it.volume} is made, since this environment skips backups` },
    ]);
  });
});
