import { readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** As many links as Linux follows before it gives up. */
const mostLinks = 40;

/**
 * A path of the host as seen from inside the sidecar, where the host's file system is mounted under `hostRoot`.
 * Symbolic links are followed as the host would: an absolute one begins at the host's root, none leads out of it.
 */
export async function hostPath(hostRoot: string, path: string): Promise<string> {
  if (hostRoot === '/') return path;
  let links = 0;
  let reached = '/';
  let rest = resolve('/', path).split('/').filter(Boolean);
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const here = resolve(reached, name);
    const link = await linkAt(join(hostRoot, here));
    if (link === null) {
      reached = here;
      continue;
    }
    if (++links > mostLinks) throw new Error(`too many symbolic links in ${path}`);
    const destination = resolve(dirname(here), link);
    rest = [...destination.split('/').filter(Boolean), ...rest];
    reached = '/';
  }
  return join(hostRoot, reached);
}

/** null: not a link. That nothing is there is found out by whoever reads it. */
async function linkAt(path: string): Promise<string | null> {
  try {
    return await readlink(path);
  } catch {
    return null;
  }
}
