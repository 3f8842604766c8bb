import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const supervisor = join(here, 'supervisor.mjs');

export function prepare(dir) {
  for (const name of ['1', '2']) {
    const release = join(dir, 'releases', name);
    mkdirSync(release, { recursive: true });
    cpSync(join(here, 'shop'), release, { recursive: true });
    cpSync(join(here, 'releases', name), release, { recursive: true });
  }
  pointTo(dir, 1);
  return {
    dir,
    releases: join(dir, 'releases'),
    current: join(dir, 'current'),
    supervisor,
    traffic: join(here, 'traffic.mjs'),
    restart: [process.execPath, supervisor, 'restart', dir],
  };
}

export async function deploy(dir, release) {
  pointTo(dir, release);
  const child = spawn(process.execPath, [supervisor, 'restart', dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8')) said += text;
  if (!said.startsWith('ok ')) throw new Error(`deploying release ${release}: ${said.trim()}`);
  return said.trim();
}

/** A link that is replaced by renaming is never missing, not even for a moment. */
function pointTo(dir, release) {
  const next = join(dir, '.next');
  rmSync(next, { force: true });
  symlinkSync(join('releases', String(release)), next);
  renameSync(next, join(dir, 'current'));
}
