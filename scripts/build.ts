// `npm run build`: compiles to dist/ and adds what the compiler leaves out. In dist/ everything stands where it stands
// in the checkout, so that a path relative to a module is the same in both.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
if (compile()) {
  copyAssets();
  for (const folder of ['demo', 'rules']) cpSync(join(root, folder), join(dist, folder), { recursive: true });
  writePackage();
  makeExecutable(join(dist, 'src', 'main.js'));
} else {
  process.exitCode = 1;
}

function compile(): boolean {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return (
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
      .status === 0
  );
}

/** Migrations, pages and whatever else lies between the sources. */
function copyAssets(): void {
  const assets = globSync('src/**/*', { cwd: root, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.endsWith('.ts'),
  );
  for (const { parentPath, name } of assets) {
    const to = join(dist, parentPath.slice(root.length), name);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(parentPath, name), to);
  }
}

function writePackage(): void {
  const whole = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, type } = whole;
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ name, version, type }, null, 2)}\n`);
}

function makeExecutable(main: string): void {
  const body = readFileSync(main, 'utf8');
  if (!body.startsWith('#!')) writeFileSync(main, `#!/usr/bin/env node\n${body}`);
  chmodSync(main, 0o755);
}
