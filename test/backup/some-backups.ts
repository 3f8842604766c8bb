import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesArchivist } from '../../src/backup/archivists/files.ts';
import { repositoryArchivist } from '../../src/backup/archivists/repository.ts';
import { backups, type BackupParts } from '../../src/backup/backups.ts';
import { backupDesk } from '../../src/backup/desk.ts';
import { readKey } from '../../src/backup/key.ts';
import { localPlace } from '../../src/backup/local-place.ts';
import { restorations } from '../../src/backup/restores.ts';
import type { BackupPolicy } from '../../src/domain/backup.ts';
import type { BackupOccasion } from '../../src/domain/ports/backups.ts';
import { DAY } from '../../src/domain/time.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { aDirectory } from '../rollback/a-directory.ts';

export const nobody: BackupOccasion = { target: null, incident: null, release: null, key: null };

/** A folder with files, a working copy of git with uncommitted work, and backups of both. */
export async function someBackups(change: Partial<BackupPolicy> & { readonly passphrase?: string } = {}) {
  const root = aDirectory();
  const app = join(root, 'app');
  const conf = join(root, 'conf');
  mkdirSync(join(conf, 'deep'), { recursive: true });
  writeFileSync(join(conf, 'app.env'), 'MODE=good\n', { mode: 0o640 });
  // A copy of a smaller one is as large as any: archives are padded.
  writeFileSync(join(conf, 'deep', 'table.csv'), 'row,1234567890\n'.repeat(20_000));
  const sets = join(aDirectory(), 'sets');
  const stateDir = aDirectory();
  const { passphrase, ...changed } = change;
  const keyFile = join(stateDir, 'key');
  if (passphrase !== undefined) writeFileSync(keyFile, `${passphrase}\n`);
  const policy: BackupPolicy = {
    directory: sets,
    keyFile: passphrase === undefined ? null : keyFile,
    compression: 'zstd',
    retention: { keepMs: 14 * DAY, least: 1, mostBytes: null },
    recipes: {
      shop: { name: 'shop', stores: [], volumes: [], files: [conf], repositories: [], containers: [] },
      code: { name: 'code', stores: [], volumes: [], files: [], repositories: [app], containers: [] },
    },
    schedule: [],
    ...changed,
  };
  const clock = new SimulatedClock();
  const files = { hostRoot: '/', roots: [root] };
  const open = new Set<string>();
  const began = new Map<string, number>();
  const notes: string[] = [];
  let made = 0;
  const chance = (): string => String((made += 1)).padStart(4, 'x');
  const openBackups = async (more: Partial<BackupParts> = {}) =>
    backups({
      policy,
      place: localPlace(sets),
      archivists: [filesArchivist(files), repositoryArchivist(files, stateDir)],
      key: passphrase === undefined ? null : await readKey(keyFile),
      clock,
      chance,
      version: '0.1.0',
      isOpen: (incident) => open.has(incident),
      began: (incident) => began.get(incident) ?? null,
      restorations: restorations(stateDir),
      ...more,
    });
  const openDesk = async (more: Partial<BackupParts> = {}) =>
    backupDesk({
      policy,
      backups: await openBackups(more),
      restorations: restorations(stateDir),
      clock,
      chance,
      note: (type, message) => notes.push(`${type}: ${message}`),
    });
  return { root, app, conf, sets, stateDir, policy, clock, files, open, began, notes, openBackups, openDesk };
}

/** A working copy with a commit, and work on top: staged, changed, deleted, new, and ignored. */
export function aWorkingCopy(path: string): (...args: string[]) => string {
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', path, ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(path, 'kept.txt'), 'one\n');
  writeFileSync(join(path, 'gone.txt'), 'gone\n');
  writeFileSync(join(path, '.gitignore'), 'cache/\n');
  git('add', '-A');
  git('commit', '-qm', 'one');
  writeFileSync(join(path, 'kept.txt'), 'two\n');
  git('rm', '-q', 'gone.txt');
  writeFileSync(join(path, 'new.bin'), Buffer.from([0, 1, 2, 255]));
  mkdirSync(join(path, 'cache'));
  writeFileSync(join(path, 'cache', 'x'), 'ignored');
  return git;
}
