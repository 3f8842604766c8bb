import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { hostPath } from '../../clients/files/host-path.ts';

/** Where a listed file really lies, or that it must not be looked at. */
export type Rooted = { readonly path: string } | { readonly refused: string };

/**
 * A folder of the host out of which no name leads: neither by `..`, nor by an absolute path, nor through a symbolic
 * link anywhere on the way.
 */
export interface Root {
  /** Rejects as `realpath` does when nothing is there. */
  find(name: string): Promise<Rooted>;
}

/** Opens a root. Rejects when the folder itself is not there. */
export async function openRoot(hostRoot: string, root: string): Promise<Root> {
  const real = await realpath(await hostPath(hostRoot, root));
  return {
    async find(name) {
      const meant = isAbsolute(name) ? name : join(root, name);
      if (!isInside(resolve(root), resolve(meant))) return { refused: 'leads out of the root' };
      const path = await realpath(await hostPath(hostRoot, meant));
      return isInside(real, path) ? { path } : { refused: 'leads out of the root through a link' };
    },
  };
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
