import { readFile } from 'node:fs/promises';

/**
 * The id of the container that this process runs in, or null outside of one.
 *
 * Engines bind `hostname` and `resolv.conf` from a directory named by the id, which shows in mountinfo; with cgroup v1
 * the id is in the path of the cgroup, too.
 */
export async function ownContainerId(proc = '/proc/self'): Promise<string | null> {
  const mounts = await text(`${proc}/mountinfo`);
  const bound = /\/containers\/([0-9a-f]{64})\/(?:hostname|resolv\.conf|hosts) /.exec(mounts)?.[1];
  if (bound !== undefined) return bound;
  const groups = await text(`${proc}/cgroup`);
  return /(?:docker[/-])([0-9a-f]{64})/.exec(groups)?.[1] ?? null;
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
