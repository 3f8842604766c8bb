import { stat, statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostPath } from '../files/host-path.ts';

/**
 * Bytes that are free where a server keeps its databases; null: that is not on this machine, or cannot be seen from here.
 *
 * @param inside what lies in that folder only if it is this server's, e.g. the folder of its database
 */
export async function freeBeside(
  { host, toolsIn }: { readonly host: string; readonly toolsIn: string | null },
  {
    hostRoot,
    folder,
    inside,
  }: { readonly hostRoot: string; readonly folder: string; readonly inside: string },
): Promise<number | null> {
  const isHere = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  // A port of this machine may lead into a container, whose folders are others.
  if (!isHere || toolsIn !== null || !folder.startsWith('/')) return null;
  try {
    const path = await hostPath(hostRoot, folder);
    await stat(`${path}/${inside}`);
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return null;
  }
}
