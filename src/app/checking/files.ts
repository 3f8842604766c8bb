import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readTextFile, tryRead, type ReadFile } from '../../config/read-text.ts';
import type { FileText, LintInput } from '../../lint/lint.ts';

/** Remembers the text of every file that is read, so that a linter looks at the very same. */
export function remembering(): { readonly readFile: ReadFile; readonly texts: ReadonlyMap<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    readFile: async (path) => {
      const text = await readTextFile(path);
      texts.set(path, text);
      return text;
    },
  };
}

/** The packs among files that were read: the name of a folder is that of its pack. */
export async function packsIn(texts: ReadonlyMap<string, string>): Promise<LintInput['packs']> {
  const files = [...texts.keys()].filter((path) => /(^|\/)(rules|playbooks)\.yaml$/.test(path));
  const folders = [...new Set(files.map((path) => dirname(path)))];
  return Promise.all(
    folders.map(async (folder) => ({
      name: basename(folder),
      rules: fileAt(texts, join(folder, 'rules.yaml')),
      playbooks: fileAt(texts, join(folder, 'playbooks.yaml')),
      tests: await testsIn(join(folder, 'tests')),
    })),
  );
}

/** The files of one pack, from the disk. */
export async function packAt(folder: string, name: string): Promise<LintInput['packs'][number]> {
  const texts = new Map<string, string>();
  for (const file of ['rules.yaml', 'playbooks.yaml']) {
    const read = await tryRead(readTextFile, join(folder, file));
    if ('text' in read) texts.set(join(folder, file), read.text);
  }
  const [pack] = await packsIn(texts);
  return { ...(pack ?? { rules: null, playbooks: null, tests: null }), name };
}

function fileAt(texts: ReadonlyMap<string, string>, name: string): FileText | null {
  const text = texts.get(name);
  return text === undefined ? null : { name, text };
}

/** More test files than this are not looked at. */
const mostTests = 500;

/** The texts of a pack's rule tests; null when it has no folder of them. */
async function testsIn(folder: string): Promise<readonly string[] | null> {
  const names = await readdir(folder, { recursive: true }).catch(() => null);
  if (names === null) return null;
  const files = names.filter((name) => /\.ya?ml$/.test(name)).slice(0, mostTests);
  const reads = await Promise.all(files.map((name) => tryRead(readTextFile, join(folder, name))));
  return reads.flatMap((read) => ('text' in read ? [read.text] : []));
}
