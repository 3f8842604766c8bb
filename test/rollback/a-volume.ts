import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { volumeArchivist } from '../../src/backup/archivists/volume.ts';
import type { BackupParts } from '../../src/backup/backups.ts';
import { openDocker } from '../../src/clients/docker/client.ts';
import { effectRecords } from '../../src/clients/files/records.ts';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { volumeRestoreDriver } from '../../src/rollback/drivers/volume-restore.ts';
import { volumeSnapshotDriver } from '../../src/rollback/drivers/volume-snapshot.ts';
import { nobody, someBackups } from '../backup/some-backups.ts';
import type { TestDocker } from '../support/dockerd.ts';
import { aStep, never } from './a-step.ts';

let made = 0;

/** A volume with a writer that runs, an engine's drivers for both steps, and backups of volumes. */
export async function aVolume(
  engine: TestDocker,
  image: string,
  { command = 'sleep 600', more = [] as readonly string[] } = {},
) {
  made += 1;
  const volume = engine.name(`data${made}`);
  const writer = engine.name(`writer${made}`);
  await engine.cli('volume', 'create', volume);
  const data = await engine.cli('volume', 'inspect', '--format', '{{.Mountpoint}}', volume);
  const put = (text: string): void => writeFileSync(join(data, 'points'), text);
  put('good');
  const run = ['run', '-d', '--name', writer, '-v', `${volume}:/data`, ...more, image, 'sh', '-c', command];
  await engine.cli(...run);
  const docker = openDocker({ endpoint: { socket: engine.socket }, clock: systemClock() });
  const it = await someBackups();
  const archivist = volumeArchivist({ docker, hostRoot: '/' });
  const open = async (parts: Partial<BackupParts> = {}, development = false) => {
    const backups = await it.openBackups({ archivists: [archivist], ...parts });
    const given = {
      docker,
      clock: systemClock(),
      own: { containerId: null, hosts: [] },
      records: effectRecords(it.stateDir, it.clock),
      backups,
      isDevelopment: () => development,
    };
    return { backups, snapshot: volumeSnapshotDriver(given), restore: volumeRestoreDriver(given) };
  };
  const drivers = await open();
  const quick = { stop_grace: '0s', steady_for: '0s' };
  const snapshotStep = (options: object = {}) =>
    aStep('volume.snapshot', drivers.snapshot.options.parse({ volumes: [volume], ...quick, ...options }));
  const restoreStep = (options: object = {}) =>
    aStep('volume.restore', drivers.restore.options.parse({ volume, ...quick, ...options }));
  return {
    ...it,
    ...drivers,
    archivist,
    open,
    volume,
    writer,
    data,
    put,
    snapshotStep,
    restoreStep,
    beside: dirname(data),
    now: () => readFileSync(join(data, 'points'), 'utf8'),
    status: () => engine.cli('inspect', '--format', '{{.State.Status}}', writer),
    startedAt: () => engine.cli('inspect', '--format', '{{.State.StartedAt}}', writer),
    /** A set from before the incident, as a schedule makes it, of whatever the archivist hands out. */
    async before(from: Archivist = archivist) {
      const backups = await it.openBackups({ archivists: [from] });
      const recipe = { ...recipeOf(volume), name: 'nightly' };
      const set = await backups.create(recipe, { ...nobody, smallerOk: true }, () => {}, never);
      await it.clock.advance(1000);
      return set;
    },
    /** The set of the incident. */
    async own() {
      const ours = { target: 'shop', incident: 'i-7k3f9a', release: null, key: 'backup-op' };
      const set = await drivers.backups.create(recipeOf(volume), ours, () => {}, never);
      await it.clock.advance(1000);
      return set;
    },
  };
}

function recipeOf(volume: string) {
  const nothing = { stores: [], files: [], repositories: [], containers: [] };
  return { ...nothing, name: `volumes ${volume}`, volumes: [volume] };
}

/** Puts a small file system over a folder, until the end of the test. */
export function smallDisk(path: string, size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  onTestFinished(() => void execFileSync('umount', ['-l', path]));
}
