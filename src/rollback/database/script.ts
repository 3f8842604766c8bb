import { createHash } from 'node:crypto';
import { outsideProblem, type FileRoots } from '../../clients/files/held-folder.ts';
import { readHeldFile } from '../../clients/files/held-file.ts';
import { RollbackError } from '../../domain/errors.ts';

/** A script as it was read. */
export interface Script {
  readonly content: Buffer;
  /** SHA-256 in hex. */
  readonly sha256: string;
}

/** What fits into an argument of a process is enough for SQLite; the servers take what a file of configuration may have. */
const mostBytes = 100 * 1024;

/**
 * Reads a declared script.
 *
 * @param sha256 what it must be; null: whatever it is
 * @throws RollbackError `REFUSED` outside file_roots, where it is another, or where it ends transactions by itself
 */
export async function readScript(path: string, files: FileRoots, sha256: string | null): Promise<Script> {
  const outside = outsideProblem(path, files);
  if (outside !== null) throw new RollbackError('REFUSED', outside.replace('be changed', 'be run'));
  const { content } = await readHeldFile(path, files);
  if (content.length > mostBytes)
    throw new RollbackError(
      'REFUSED',
      `${path} is larger than 100 KiB; scripts that take migrations back are smaller`,
    );
  const found = createHash('sha256').update(content).digest('hex');
  if (sha256 !== null && found !== sha256)
    throw new RollbackError(
      'REFUSED',
      `${path} is not the script that was declared: its sha256 is ${found}, and ${sha256} is expected`,
    );
  const line = content
    .toString('utf8')
    .split('\n')
    .findIndex((text) => endsTransactions.test(text));
  if (line !== -1)
    throw new RollbackError(
      'REFUSED',
      `${path} begins or ends a transaction by itself in line ${line + 1}; leave BEGIN and COMMIT to the step`,
    );
  return { content, sha256: found };
}

/** `BEGIN` alone also begins the body of a function; with a semicolon it does not. */
const endsTransactions =
  /^\s*(begin|start\s+transaction|commit|rollback|abort)(\s+(work|transaction|immediate|exclusive|deferred))*\s*;/i;
