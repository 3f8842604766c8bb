import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Surroundings } from '../connections.ts';
import { schemas } from '../schemas.ts';
import { starterMain } from './main-file.ts';
import { starterPlaybooks, starterRules, starterTests } from './pack.ts';

/** What was written, or what is there already: then nothing was. */
export type Started = { readonly written: readonly string[] } | { readonly there: readonly string[] };

/** Writes a configuration to begin with, and the schemas that it names for editors. Never overwrites a file. */
export function writeStarter(folder: string, surroundings: Surroundings): Started {
  const { main, pack } = schemas(surroundings);
  const files: Readonly<Record<string, string>> = {
    'rollbackd.yaml': starterMain,
    'rules/shop/rules.yaml': starterRules,
    'rules/shop/playbooks.yaml': starterPlaybooks,
    'rules/shop/tests/rules.yaml': starterTests,
    'schema/rollbackd.schema.json': `${JSON.stringify(main, null, 2)}\n`,
    'schema/pack.schema.json': `${JSON.stringify(pack, null, 2)}\n`,
  };
  const there = Object.keys(files).filter((name) => existsSync(join(folder, name)));
  if (there.length > 0) return { there };
  for (const [name, text] of Object.entries(files)) {
    makeFolders(folder, dirname(name));
    // Should somebody else write it at this moment, theirs stays.
    writeFileSync(join(folder, name), text, { flag: 'wx' });
  }
  return { written: Object.keys(files) };
}

/** One after the other: asked for a whole path, the system may look for a place for it without end. */
function makeFolders(folder: string, inside: string): void {
  let path = folder;
  for (const part of ['', ...inside.split('/')]) {
    path = join(path, part);
    if (!existsSync(path)) mkdirSync(path);
  }
}
