import { readFileSync } from 'node:fs';

/**
 * Why the halt file stops everything, or null when it is not there.
 *
 * Read at each call: the file must work with the store, the network and the API down. A file that is there and
 * cannot be read halts too.
 */
export function haltFile(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim().slice(0, 200);
    return `halted by the file ${path}${text === '' ? '' : `: ${text}`}`;
  } catch (error) {
    const missing =
      error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return missing ? null : `halted: the halt file ${path} is there but cannot be read`;
  }
}
