import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(dirname(import.meta.dirname));

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

/** Builds and packs the package, as a release would. */
export function pack(folder: string): Packed {
  const said = execFileSync('npm', ['pack', '--json', '--loglevel=error', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // The build that npm runs before may speak on the same stream, first.
  const answer = JSON.parse(said.slice(said.search(/^[[{]/m))) as readonly Packed[] | Record<string, Packed>;
  const packed = Object.values(answer)[0];
  if (packed === undefined) throw new Error(`npm pack said nothing about a package: ${said}`);
  return packed;
}

/** Unpacks a package into `folder` and lays its production modules beside it, from this checkout, without a network. */
export function unpackWithModules(tarball: string, folder: string): void {
  execFileSync('tar', [
    '--extract',
    '--gzip',
    '--file',
    tarball,
    '--strip-components=1',
    '--directory',
    folder,
  ]);
  for (const path of productionModules()) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
}

function productionModules(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: true; devOptional?: true; optional?: true; link?: true }>;
  };
  return Object.entries(packages)
    .filter(
      ([path, entry]) =>
        path.startsWith('node_modules/') && !/\/node_modules\//.test(path) && !isExtra(entry),
    )
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)));
}

function isExtra(entry: { dev?: true; devOptional?: true; optional?: true; link?: true }): boolean {
  return [entry.dev, entry.devOptional, entry.optional, entry.link].includes(true);
}
