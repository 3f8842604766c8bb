import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { differenceOf, type BackupPart, type BackupVerdict } from '../domain/backup.ts';
import { giveBack } from '../clients/lent-memory.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { BackupProgress, Backups } from '../domain/ports/backups.ts';
import type { Work } from './backups.ts';
import { verdictFile, type StoredFile } from './set-place.ts';
import { drain, type Storing } from './streams.ts';

/**
 * Reads a stored part to its end.
 *
 * @throws RollbackError `BACKUP_INVALID` unless it is as the manifest says
 */
export async function readAgain(
  stored: StoredFile,
  part: BackupPart,
  storing: Omit<Storing, 'compression'>,
  progress?: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const nowhere = new Writable({
    write(chunk: Buffer, _encoding, done) {
      giveBack(chunk);
      done();
    },
  });
  await pipeline(drain(stored, part, storing, progress), nowhere, signal === undefined ? {} : { signal });
}

/** `Backups.verify`: looks at every part, whatever the others say, and writes down what came of it. */
export function verifying(work: Work): Backups['verify'] {
  return async (id, how, progress, signal) => {
    const { book, place, clock } = work;
    const found = await book.find(id);
    if (found === null)
      throw new RollbackError(
        'NOT_FOUND',
        `there is no backup set ${id}; \`rollbackd backup list\` lists them`,
      );
    const problems: string[] = [];
    for (const part of found.set.parts) {
      const problem = await problemOf(work, { set: id, part, how, progress, signal });
      if (problem !== null) problems.push(problem);
    }
    const verdict: BackupVerdict = { set: id, at: clock.wall(), by: how, problems };
    await place.write(id, verdictFile, JSON.stringify(verdict));
    return verdict;
  };
}

interface Verified {
  readonly set: string;
  readonly part: BackupPart;
  readonly how: BackupVerdict['by'];
  readonly progress: BackupProgress;
  readonly signal: AbortSignal;
}

async function problemOf(work: Work, verified: Verified): Promise<string | null> {
  const { set, part, how, progress, signal } = verified;
  const heard = (bytes: number): void => progress({ name: part.name, bytes, of: part.plainBytes });
  try {
    const stored = await work.place.open(set, part.file);
    if (how === 'reading') await readAgain(stored, part, { set, key: work.key }, heard, signal);
    else return await rehearse(work, verified, drain(stored, part, { set, key: work.key }, heard));
    return null;
  } catch (error) {
    // What was not looked at is not a problem of the set.
    if (signal.aborted)
      throw new RollbackError('ABORTED', `interrupted while reading ${set}`, {}, { cause: error });
    return `${part.name}: ${messageOf(error)}`;
  }
}

async function rehearse(
  work: Work,
  { set, part, signal }: Verified,
  source: ReturnType<typeof drain>,
): Promise<string | null> {
  const archivist = work.archivist(part);
  const why = await archivist.whyNotHere(part.name, part.facts, signal);
  if (why !== null) {
    source.destroy();
    return `${part.name}: cannot be restored here: ${why}`;
  }
  const scratch = `rehearse-${set.slice(2)}`;
  try {
    const counted = await archivist.restoreBeside(part.name, source, scratch, signal);
    return differenceOf(part, counted);
  } finally {
    source.destroy();
    await archivist.drop(part.name, scratch, new AbortController().signal);
  }
}
