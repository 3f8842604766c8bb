import { randomBytes } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFailure } from '../files/failure.ts';

/** A private file that is removed with its disposal. */
export interface CredentialFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * Files with which the servers' own tools log in: of mode 0600 in a folder of mode 0700, since arguments are read by
 * everybody on a machine. What a killed daemon left is removed before the first is written.
 */
export function credentialFiles(stateDir: string): (text: string) => Promise<CredentialFile> {
  const folder = join(stateDir, 'credentials');
  let emptied: Promise<void> | null = null;
  return async (text) => {
    const path = join(folder, randomBytes(8).toString('hex'));
    try {
      emptied ??= rm(folder, { recursive: true, force: true });
      await emptied;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(path, 'wx', 0o600);
      try {
        await handle.writeFile(text);
      } finally {
        await handle.close();
      }
    } catch (cause) {
      throw fileFailure('write the credentials in', folder, cause);
    }
    return { path, [Symbol.asyncDispose]: () => rm(path, { force: true }) };
  };
}
