import { readdir, readFile, stat } from 'node:fs/promises';

/**
 * The processes that have a file open, as far as this one may see them: those of its own machine or container. For
 * people: `shop (process 4711)`.
 */
export async function whoHasOpen(path: string): Promise<readonly string[]> {
  const wanted = await stat(path);
  const own = String(process.pid);
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name) && name !== own);
  const found: string[] = [];
  for (const id of ids) {
    // Processes end, and those of others may not be looked into.
    const files = await readdir(`/proc/${id}/fd`).catch(() => []);
    for (const file of files) {
      const open = await stat(`/proc/${id}/fd/${file}`).catch(() => null);
      if (open === null || open.ino !== wanted.ino || open.dev !== wanted.dev) continue;
      const name = await readFile(`/proc/${id}/comm`, 'utf8').catch(() => '');
      found.push(`${name.trim() === '' ? 'a process' : name.trim()} (process ${id})`);
      break;
    }
  }
  return found;
}
