import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory of the test's own, gone after it. */
export function aDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'rollbackd-test-')));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
