import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crashPoint } from '../../../domain/crash-point.ts';
import { RollbackError } from '../../../domain/errors.ts';
import { syncDirectory } from '../../files/durably.ts';
import { hasCode } from '../../files/failure.ts';
import { inSqlite } from './process.ts';

export interface SqliteSwitching {
  /** The file in use. */
  readonly live: string;
  /** What was restored, and where what was in use is to stay: files of the daemon's own. */
  readonly scratch: string;
  readonly keepAs: string;
  /** For messages. */
  readonly shown: string;
}

/**
 * Makes the content of one file that of the one in use, in one transaction of SQLite's. The file stays the same one, with
 * its owner, its mode and everybody who has it open: they see the old content or the new, and hold their locks as ever.
 * (A file that took its place by a rename would leave them writing to the old one, and their journal beside the new one.)
 *
 * Once the lock is had that keeps all others from writing, what is there is copied to `keepAs`; nothing comes in between.
 * A table of its own tells within the same transaction whether it took place, and goes at the end.
 *
 * @throws RollbackError `REFUSED` when others hold the file for longer than half a minute; then nothing was changed
 */
export async function switchSqlite(switching: SqliteSwitching, signal: AbortSignal): Promise<void> {
  const stand = await sqliteSwitched(switching, signal);
  if (stand === 'done') return;
  const { live, scratch, keepAs, shown } = switching;
  if (stand === 'not_done') {
    if (!(await isThere(scratch)))
      throw new RollbackError('NOT_FOUND', `${shown}: nothing was restored that could take its place`);
    crashPoint('effect.call.between');
    await inSqlite(replace, [live, scratch, keepAs, markOf(keepAs), copyLocked], shown, signal);
  }
  crashPoint('effect.call.between');
  await removeSqlite(scratch);
  await syncDirectory(dirname(scratch));
  crashPoint('effect.call.between');
  await inSqlite(unmark, [live], shown, signal);
}

/** How far a switch came. */
export async function sqliteSwitched(
  { live, scratch, keepAs, shown }: SqliteSwitching,
  signal: AbortSignal,
): Promise<'done' | 'partial' | 'not_done'> {
  if (!(await isThere(keepAs))) return 'not_done';
  const isMarked = (await inSqlite(marked, [live, markOf(keepAs)], shown, signal)) === true;
  if (isMarked) return 'partial';
  return (await isThere(scratch)) ? 'not_done' : 'done';
}

/** Removes a file of the daemon's own, with what SQLite kept beside it. */
export async function removeSqlite(path: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal', '.part', '.part-journal'])
    await rm(`${path}${ending}`, { force: true });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return false;
    throw cause;
  }
}

/** The name of what is kept says which switch it was. */
function markOf(keepAs: string): string {
  return keepAs.slice(keepAs.lastIndexOf('/') + 1);
}

const findMark = `
  const isMarked = (database, mark) =>
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'rollbackd_switch'").get() !== undefined &&
    database.prepare('SELECT 1 FROM rollbackd_switch WHERE mark = ?').get(mark) !== undefined;
`;

/**
 * Copies the file in use while this process's parent holds the lock, in a process of its own: closing a file ends all
 * locks that a process has on it. Without a WAL nobody can read now, and nothing of the transaction is in the file yet;
 * with one, everything that is committed can be read. Exit code 3: the switch has taken place already.
 */
const copyLocked = `
import { backup, DatabaseSync } from 'node:sqlite';
import { closeSync, constants, copyFileSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
const [mode, live, keepAs, mark] = process.argv.slice(1);
${findMark}
const sync = (path) => { const fd = openSync(path, 'r'); fsyncSync(fd); closeSync(fd); };
const part = keepAs + '.part';
rmSync(part, { force: true });
if (mode === 'wal') {
  const source = new DatabaseSync(live, { readOnly: true, timeout: 10000 });
  await backup(source, part, { rate: 0x7fffffff });
  source.close();
} else copyFileSync(live, part, constants.COPYFILE_EXCL);
const still = pathToFileURL(part);
still.search = 'immutable=1';
const copy = new DatabaseSync(still, { readOnly: true });
const already = isMarked(copy, mark);
copy.close();
if (already) {
  rmSync(part);
  process.exit(3);
}
sync(part);
renameSync(part, keepAs);
sync(dirname(keepAs));
`;

/**
 * The library tells of its progress after the first pages: by then it has the lock, and has not written to the file.
 * As few pages at a time as fit its cache, so that it stays so. A throw there takes everything back.
 */
const replace = `
  const { execFileSync } = await import('node:child_process');
  const parent = process.ppid;
  const [live, scratch, keepAs, mark, copyLocked] = args;
  const source = new DatabaseSync(scratch, { timeout: 1000 });
  source.exec('DROP TABLE IF EXISTS rollbackd_switch; CREATE TABLE rollbackd_switch (mark TEXT)');
  source.prepare('INSERT INTO rollbackd_switch VALUES (?)').run(mark);
  const one = (database, what) => Object.values(database.prepare('PRAGMA ' + what).get())[0];
  const modeNow = () => {
    const seen = new DatabaseSync(live, { readOnly: true, timeout: 10000 });
    try {
      const mode = one(seen, 'journal_mode');
      const [here, there] = [one(seen, 'page_size'), one(source, 'page_size')];
      if (mode === 'wal' && here !== there)
        throw new Error('its pages are of ' + here + ' bytes and those of the copy of ' + there + ', which cannot be exchanged in WAL mode; PRAGMA journal_mode = DELETE ends that mode');
      return mode;
    } finally {
      seen.close();
    }
  };
  const rate = Math.max(1, Math.min(16, Math.floor(one(source, 'page_count') / 2)));
  let already = false;
  const attempt = async (mode) => {
    let kept = false;
    await backup(source, live, { rate, progress: () => {
      if (kept) return;
      try {
        execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', copyLocked, '--', mode, live, keepAs, mark], { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
      } catch (error) {
        already = error.status === 3;
        const said = String(error.stderr ?? error.message).match(/^\\w*Error.*$/m)?.[0] ?? error.message;
        throw new Error(already ? 'already' : 'what is in use could not be kept: ' + said);
      }
      if (process.ppid !== parent) throw new Error('rollbackd ended');
      kept = true;
    } });
  };
  const waited = () => {
    const waiting = new DatabaseSync(live, { timeout: 30000 });
    try {
      waiting.exec('BEGIN EXCLUSIVE; ROLLBACK');
      return true;
    } catch {
      return false;
    } finally {
      waiting.close();
    }
  };
  // Of two that wait for the same lock it may be the other one that gets it.
  for (let left = 100; ; left -= 1)
    try {
      await attempt(modeNow());
      break;
    } catch (error) {
      if (already) break;
      const busy = error.message === 'not an error' || /database (table )?is locked/.test(error.message);
      if (!busy) throw error;
      if (left === 0 || !waited()) throw new Error('others hold it; nothing was changed');
    }
  source.close();
  say(true);
`;

const marked = `
  ${findMark}
  const database = new DatabaseSync(args[0], { readOnly: true, timeout: 10000 });
  say(isMarked(database, args[1]));
`;

const unmark = `
  const database = new DatabaseSync(args[0], { timeout: 30000 });
  database.exec('DROP TABLE IF EXISTS rollbackd_switch');
  database.close();
`;
