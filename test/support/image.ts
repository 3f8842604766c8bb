import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { TestDocker } from './dockerd.ts';

/** What an image of the tests is made of: busybox under `/bin`, these files, and these lines of a Dockerfile. */
export interface ImageRecipe {
  readonly tag: string;
  /** Content by absolute path; files under `/bin` and those that begin with `#!` may be executed. */
  readonly files?: Readonly<Record<string, string>>;
  /** `CMD ["sh"]`, `ENV A=b`, `HEALTHCHECK --interval=1s CMD true`, … */
  readonly changes?: readonly string[];
}

const applets = 'sh sleep httpd wget nc cat echo true false dd touch mkdir rm ls date tail head env'.split(
  ' ',
);

/** Builds an image without any registry. @returns its id, `sha256:…` */
export async function buildImage(docker: TestDocker, recipe: ImageRecipe): Promise<string> {
  const busybox = await readFile('/bin/busybox');
  const entries: TarEntry[] = [
    ...['bin/', 'etc/', 'tmp/', 'var/'].map((path) => ({ path, mode: 0o755 })),
    { path: 'bin/busybox', mode: 0o755, content: busybox },
    ...applets.map((applet) => ({ path: `bin/${applet}`, mode: 0o777, link: 'busybox' })),
    { path: 'etc/passwd', mode: 0o644, content: Buffer.from('root:x:0:0:root:/:/bin/sh\n') },
    ...Object.entries(recipe.files ?? {}).flatMap(([path, content]) => fileEntries(path, content)),
  ];
  const changes = (recipe.changes ?? ['CMD ["sleep","3600"]']).flatMap((change) => ['--change', change]);
  const args = ['--host', `unix://${docker.socket}`, 'import', ...changes, '-', recipe.tag];
  return feed('docker', args, tar(entries));
}

interface TarEntry {
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer;
  readonly link?: string;
}

function fileEntries(path: string, content: string): TarEntry[] {
  const parts = path.split('/').filter((part) => part !== '');
  const folders = parts.slice(0, -1).map((_, depth) => `${parts.slice(0, depth + 1).join('/')}/`);
  const mode = content.startsWith('#!') || path.startsWith('/bin/') ? 0o755 : 0o644;
  return [
    ...folders.map((folder) => ({ path: folder, mode: 0o755 })),
    { path: parts.join('/'), mode, content: Buffer.from(content) },
  ];
}

/** A tar archive in ustar format. Times are zero, so equal files give equal layers. */
function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    return [header(entry, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header({ path, mode, link }: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;
  block.write(path, 0, 100);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(path.endsWith('/') ? '5' : link === undefined ? '0' : '2', 156);
  block.write(link ?? '', 157, 100);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

async function feed(program: string, args: readonly string[], input: Buffer): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${output.stderr}`);
  return output.stdout.trim();
}
