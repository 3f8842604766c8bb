// Runs on any Node from 18 on: installs what is missing, then hands over to the Node.js of the toolchain.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.rollbackd-lock');
const programs = {
  demo: ['src/main.ts', 'demo'],
  cli: ['src/main.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['bench/main.ts'],
  crash: ['test/crash/main.ts'],
  build: ['scripts/build.ts'],
  diagrams: ['scripts/diagrams.ts', '--write'],
};

const [word = '', ...args] = process.argv.slice(2);
const program = programs[word];
if (program === undefined) {
  console.error(`bootstrap: unknown program "${word}"; one of ${Object.keys(programs).join(', ')}`);
  process.exit(2);
}
installOnce();
run([...program.map((part, index) => (index === 0 ? join(root, part) : part)), ...args]);

function installOnce() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  console.error('rollbackd: installing packages (npm ci), once …');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0) {
    console.error(
      'rollbackd: npm ci did not succeed; see its messages above. A network or an npm mirror is needed once.',
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

function run(argv) {
  const child = spawn(nodeOfToolchain(), argv, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
  });
}

/** The locked Node.js, or the present one where no build of it fits the machine (musl, other processors). */
function nodeOfToolchain() {
  const node = join(root, 'node_modules', '.bin', 'node');
  const fits = existsSync(node) && spawnSync(node, ['--version'], { stdio: 'ignore' }).status === 0;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (fits || major > 24 || (major === 24 && minor >= 15)) return fits ? node : process.execPath;
  console.error(`rollbackd: needs Node.js 24.15 or newer; this is ${process.version}`);
  process.exit(1);
}
