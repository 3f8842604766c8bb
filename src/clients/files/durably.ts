import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface DurableWriting {
  /** Of a file that is new; only its owner may read it unless stated. */
  readonly mode?: number;
  /** Makes the folder, and those above it, with this mode. Without it the folder has to be there. */
  readonly folderMode?: number;
  /** Called once the new content is durable, before it stands in its place. */
  readonly between?: () => void;
}

/**
 * Puts a text into a file of the daemon's own, in one step: whoever reads sees the old or the new, also after a loss of
 * power, and the new once this resolved. Rejects with the system's error.
 */
export async function writeDurably(path: string, text: string, writing: DurableWriting = {}): Promise<void> {
  const { mode = 0o600, folderMode, between } = writing;
  if (folderMode !== undefined) await mkdir(dirname(path), { recursive: true, mode: folderMode });
  const handle = await open(`${path}.new`, 'w', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  between?.();
  await rename(`${path}.new`, path);
  await syncDirectory(dirname(path));
}

/** Makes renames in the directory survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
