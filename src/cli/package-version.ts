import { existsSync, readFileSync } from 'node:fs';

/** The version in the package's own `package.json`, which lies above `src/` and above `dist/src/`. */
export function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    const content: unknown = JSON.parse(readFileSync(url, 'utf8'));
    if (typeof content === 'object' && content !== null && 'version' in content)
      return String(content.version);
  }
  return 'unknown';
}
