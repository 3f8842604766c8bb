import { expect, test } from 'vitest';
import { crashPoints } from '../../src/domain/crash-point.ts';
import { codeHits, files, text } from './tree.ts';

const source = files('src/**/*.ts', 'state-machines/*.ts');

test('time, timers and chance come from ports: only the clock and main touch the globals', () => {
  const allowed = new Set(['src/app/clock.ts', 'src/main.ts']);
  const rest = source.filter((path) => !allowed.has(path));
  expect(codeHits(rest, /\bDate\.now\(|\bnew Date\(\)|\bset(Timeout|Interval)\(|\bMath\.random\(/)).toEqual(
    [],
  );
});

test('the environment is read in main only', () => {
  expect(
    codeHits(
      source.filter((path) => path !== 'src/main.ts'),
      /\bprocess\.env\b/,
    ),
  ).toEqual([]);
});

test('no program is started through a shell', () => {
  expect(codeHits(source, /shell: *true|\bexecSync\(|child_process.*\bexec\b/)).toEqual([]);
});

test('every crash point is reached from the source', () => {
  const elsewhere = source.filter((path) => path !== 'src/domain/crash-point.ts').map(text);
  expect(crashPoints.filter((point) => !elsewhere.some((body) => body.includes(`'${point}'`)))).toEqual([]);
});

test('files stay under 300 lines of code, those that list cases under 600', () => {
  // A statechart is one table; cut in two, neither half could be read.
  const measured = [...source, ...files('scripts/*', 'bench/**/*.ts', 'demo/**/*.mjs')].filter(
    (path) => !path.endsWith('.machine.ts'),
  );
  expect(measured.filter((path) => codeLines(text(path)) > 300)).toEqual([]);
  expect(files('test/**/*.ts').filter((path) => codeLines(text(path)) > 600)).toEqual([]);
});

function codeLines(body: string): number {
  return body.split('\n').filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length;
}
