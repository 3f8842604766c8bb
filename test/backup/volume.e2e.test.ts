import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { containersArchivist } from '../../src/backup/archivists/containers.ts';
import { volumeArchivist } from '../../src/backup/archivists/volume.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { systemClock } from '../../src/app/clock.ts';
import { never } from '../rollback/a-step.ts';
import { buildImage } from '../support/image.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { nobody, someBackups } from './some-backups.ts';

const quiet = (): void => {};

describeWithDocker('volumes of a real engine', () => {
  let engine: TestDocker;
  let volume: string;
  let writer: string;
  let data: string;

  beforeAll(async () => {
    engine = await startDockerd();
    volume = engine.name('data');
    writer = engine.name('writer');
    const image = await buildImage(engine, { tag: engine.name('image').toLowerCase() });
    await engine.cli('volume', 'create', volume);
    await engine.cli(
      'run',
      '-d',
      '--name',
      writer,
      '-e',
      'TOKEN=hidden',
      '-v',
      `${volume}:/data`,
      image,
      'sleep',
      '600',
    );
    data = await engine.cli('volume', 'inspect', '--format', '{{.Mountpoint}}', volume);
  });
  afterAll(() => engine.stop());

  async function backedUp() {
    const docker = openDocker({ endpoint: { socket: engine.socket }, clock: systemClock() });
    const archivists = [volumeArchivist({ docker, hostRoot: '/' }), containersArchivist(docker)];
    const recipe = {
      name: 'v',
      stores: [],
      volumes: [volume],
      files: [],
      repositories: [],
      containers: [writer],
    };
    const it = await someBackups({ recipes: { v: recipe } });
    return { ...it, backups: await it.openBackups({ archivists }), desk: await it.openDesk({ archivists }) };
  }

  test('a volume is copied, and comes back with holes and attributes once nothing runs with it', async () => {
    const { backups, desk, sets } = await backedUp();
    writeFileSync(join(data, 'points'), 'good');
    writeFileSync(join(data, 'holes'), '');
    truncateSync(join(data, 'holes'), 64 * 1024 * 1024);
    execFileSync('setfattr', ['-n', 'user.note', '-v', 'hello', join(data, 'points')]);

    expect(await backups.examine('v', never)).toMatchObject({
      problems: [],
      warnings: [
        `${writer} runs with the volume ${volume}; stop or quiesce it before, or the copy may not be consistent`,
      ],
    });
    const set = await backups.create('v', nobody, quiet, never);
    expect(set.parts.map(({ kind, facts }) => [kind, facts.counts])).toEqual([
      ['volume', { [volume]: 2 }],
      ['containers', { variables: expect.any(Number) as number }],
    ]);
    expect(await backups.verify(set.id, 'rehearsal', quiet, never)).toMatchObject({ problems: [] });
    expect(readdirSync(dirname(data))).toEqual(['_data']);

    writeFileSync(join(data, 'points'), 'bad');
    const refused = await desk.restore(set.id, [], 'bob');
    await desk.ended(refused.id);
    expect(desk.job(refused.id)?.message).toContain(
      `the volume ${volume} is in use by ${writer}; stop that first`,
    );
    expect(readFileSync(join(data, 'points'), 'utf8')).toBe('bad');
    await desk.settle();

    await engine.cli('stop', '-t', '0', writer);
    const job = await desk.restore(set.id, [], 'bob');
    await desk.ended(job.id);
    expect(desk.job(job.id)).toMatchObject({ ended: 'well' });
    expect(lstatSync(join(data, 'holes')).blocks).toBeLessThan(100);
    const note = execFileSync('getfattr', [
      '--absolute-names',
      '--only-values',
      '-n',
      'user.note',
      join(data, 'points'),
    ]);
    expect(note.toString()).toBe('hello');
    await engine.cli('start', writer);
    expect(await engine.cli('exec', writer, 'cat', '/data/points')).toBe('good');
    expect(existsSync(sets)).toBe(true);
  });

  test('the record of a container holds no value of its environment', async () => {
    const { backups } = await backedUp();
    const set = await backups.create('v', { ...nobody, smallerOk: true }, quiet, never);
    const part = set.parts.find(({ kind }) => kind === 'containers')!;
    let record = '';
    for await (const chunk of await backups.open(set, part, never)) record += String(chunk);
    expect(JSON.parse(record)).toMatchObject({
      name: writer,
      environment: expect.arrayContaining(['TOKEN']) as string[],
    });
    expect(record).not.toContain('hidden');
  });
});
