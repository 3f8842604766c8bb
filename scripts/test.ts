// `npm test`: every test, with the services it needs, ending with `N passed, N failed, N skipped`.
// Arguments go on to vitest: `npm test -- test/decide`, `npm test -- -t "cooldown"`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { provideServices } from './services.ts';
import { lastLine, tally, verdict, type Report } from './tally.ts';

const root = dirname(import.meta.dirname);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const ci = process.env['CI'] === 'true' || process.env['CI'] === '1';
process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const left = filesIn('e2e', args) > 0 ? provideServices() : null;
  if (left !== null && ci) {
    console.error(`rollbackd: in CI nothing may be skipped, but the end-to-end tests cannot run: ${left}`);
    console.log(lastLine({ passed: 0, failed: 1, skipped: 0 }));
    return 1;
  }
  const ran = run(left === null ? args : ['--project', 'unit', ...args]);
  const skippedHere = left === null ? 0 : testsIn('e2e', args);
  const total = { ...ran, skipped: ran.skipped + skippedHere };
  if (left !== null) console.log(`end-to-end tests skipped: ${skippedHere}, because ${left}`);
  if (ci && total.skipped > 0) console.error('rollbackd: in CI nothing may be skipped');
  if (total.passed === 0) console.error('rollbackd: no test ran and passed');
  console.log(lastLine(total));
  return verdict(total, ci);
}

function run(args: readonly string[]): ReturnType<typeof tally> {
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-tests-'));
  const file = join(folder, 'report.json');
  const reports = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const child = spawnSync(process.execPath, [vitest, 'run', ...reports, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const report = readReport(file);
  rmSync(folder, { recursive: true, force: true });
  return tally(report, child.status ?? 1);
}

function readReport(file: string): Report | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report;
  } catch {
    return null;
  }
}

/** How many test files of a project the arguments select. */
function filesIn(project: string, args: readonly string[]): number {
  return new Set(list(project, ['--filesOnly', ...args]).map(({ file }) => file)).size;
}

function testsIn(project: string, args: readonly string[]): number {
  return list(project, args).length;
}

function list(project: string, args: readonly string[]): { file: string }[] {
  const child = spawnSync(process.execPath, [vitest, 'list', '--json', '--project', project, ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const start = child.stdout.indexOf('[');
  return start === -1 ? [] : (JSON.parse(child.stdout.slice(start)) as { file: string }[]);
}
