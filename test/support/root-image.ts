import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestDocker } from './dockerd.ts';

/** What goes into an imported root. Paths are absolute and the same inside and outside. */
export interface Root {
  /** Programs and data; each program brings the libraries it is linked with. */
  readonly files: readonly string[];
  /** Programs whose libraries are brought, without the program. */
  readonly librariesFor?: readonly string[];
  /** Files that stand somewhere else inside: path inside → path outside. */
  readonly as?: Readonly<Record<string, string>>;
}

/**
 * Makes an image of files of this machine, for engines that can pull nothing: `docker import` of a tar. A static
 * busybox serves as its shell.
 */
export async function importRoot(docker: TestDocker, tag: string, root: Root): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'root-'));
  try {
    lay(folder, root);
    const tar = `${folder}.tar`;
    execFileSync('tar', ['--directory', folder, '--create', '--file', tar, '.']);
    await docker.cli('import', tar, tag);
    rmSync(tar);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function lay(folder: string, { files, librariesFor = [], as = {} }: Root): void {
  for (const place of ['bin', 'etc', 'tmp', 'usr/bin', 'var/lib'])
    mkdirSync(join(folder, place), { recursive: true });
  chmodSync(join(folder, 'tmp'), 0o1777);
  copyFileSync('/bin/busybox', join(folder, 'bin/busybox'));
  for (const applet of busyboxApplets()) {
    const link = join(folder, applet);
    mkdirSync(dirname(link), { recursive: true });
    if (!existsSync(link)) symlinkSync('/bin/busybox', link);
  }
  for (const path of files) bring(folder, path, path);
  for (const [inside, outside] of Object.entries(as)) bring(folder, inside, outside);
  for (const library of librariesFor.flatMap(librariesOf)) bring(folder, library, library);
}

function busyboxApplets(): string[] {
  return execFileSync('/bin/busybox', ['--list-full'], { encoding: 'utf8' }).trim().split('\n');
}

function bring(folder: string, inside: string, outside: string): void {
  const to = join(folder, inside);
  mkdirSync(dirname(to), { recursive: true });
  rmSync(to, { force: true });
  copyFileSync(realpathSync(outside), to);
  for (const library of librariesOf(outside)) {
    if (!existsSync(join(folder, library))) bring(folder, library, library);
  }
}

function librariesOf(program: string): string[] {
  try {
    const listed = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...listed.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, path]) => path ?? '');
  } catch {
    return []; // Not a dynamic program: data, a script, or static.
  }
}
