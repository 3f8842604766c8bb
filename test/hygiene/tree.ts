import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the checkout. */
export const root = dirname(dirname(import.meta.dirname));

/** Paths, relative to the root, that match a pattern. */
export function files(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root }).sort();
}

/** Every file that is committed, or would be: what other people get to see. */
export function tracked(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

export function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** `path:line  the line` wherever the pattern matches. */
export function hits(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    text(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}  ${line.trim()}`] : [])),
  );
}

/** The same, without lines that are comments. */
export function codeHits(paths: readonly string[], pattern: RegExp): string[] {
  return hits(paths, pattern).filter((hit) => !/ {2}(\/\/|\/?\*)/.test(hit));
}
