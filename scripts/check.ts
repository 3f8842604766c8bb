// `npm run check`: every static check in one command, without a network.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

interface Task {
  readonly name: string;
  readonly run: readonly string[];
}

const root = dirname(import.meta.dirname);
const installed = (...path: string[]): string => join(root, 'node_modules', ...path);

const tasks: readonly Task[] = [
  {
    name: 'format',
    run: [installed('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  },
  { name: 'types', run: [installed('typescript', 'bin', 'tsc'), '-p', 'tsconfig.json'] },
  { name: 'lint', run: [installed('oxlint', 'bin', 'oxlint'), '--deny-warnings'] },
  { name: 'diagrams', run: [join(root, 'scripts', 'diagrams.ts'), '--check'] },
  { name: 'hygiene', run: [installed('vitest', 'vitest.mjs'), 'run', '--reporter=dot', 'test/hygiene'] },
];

const wanted = process.argv.slice(2);
const results = tasks
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  .map((task) => ({ name: task.name, ...perform(task) }));
const bad = results.filter(({ ok }) => !ok).map(({ name }) => name);
console.log(
  bad.length === 0
    ? `check: all ${results.length} passed`
    : `check: ${bad.length} of ${results.length} did not pass: ${bad.join(', ')}`,
);
process.exitCode = bad.length === 0 && results.length > 0 ? 0 : 1;

function perform({ name, run }: Task): { readonly ok: boolean } {
  const begun = performance.now();
  const child = spawnSync(process.execPath, [...run], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  });
  const ok = child.status === 0;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(`${ok ? 'ok  ' : 'BAD '} ${name.padEnd(9)} ${seconds}s`);
  if (!ok) console.log(`${child.stdout}${child.stderr}${child.error?.message ?? ''}`.trimEnd());
  return { ok };
}
