import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { aDirectory } from '../rollback/a-directory.ts';

const root = dirname(dirname(import.meta.dirname));

test(
  'npm start in a fresh clone shows a rollback and ends within a minute',
  { timeout: 60_000 },
  async () => {
    const clone = join(aDirectory(), 'clone');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${root}`, clone]);
    lendModules(clone);

    const { code, output } = await npmStart(clone);

    expect(code).toBe(0);
    const last = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '') as { outcome: string; rto: object };
    expect(last.outcome).toBe('rolled_back');
    expect(Object.keys(last.rto)).toEqual(['detection', 'decision', 'rollback', 'verification', 'total']);
  },
);

/** The packages of this checkout, one by one, as if they had just been installed. */
function lendModules(clone: string): void {
  const own = join(clone, 'node_modules');
  mkdirSync(own);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== '.rollbackd-lock') symlinkSync(join(root, 'node_modules', name), join(own, name));
  }
  const lock = readFileSync(join(clone, 'package-lock.json'));
  writeFileSync(join(own, '.rollbackd-lock'), createHash('sha256').update(lock).digest('hex'));
}

function npmStart(cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const env = { PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, HOME: cwd };
    execFile('npm', ['start', '--', '--once'], { cwd, env }, (error, stdout) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, output: stdout });
    });
  });
}
