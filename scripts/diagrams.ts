// Keeps the diagram beside each state machine equal to the machine.
//   node scripts/diagrams.ts --write    writes state-machines/NAME.machine.md
//   node scripts/diagrams.ts --check    exits with 1 when one is missing or stale
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StateMachine, type AnyStateMachine } from 'xstate';
import { page } from './diagram.ts';

const folder = join(dirname(import.meta.dirname), 'state-machines');
const mode = process.argv[2];
if (mode !== '--write' && mode !== '--check') {
  console.error('usage: node scripts/diagrams.ts --write | --check');
  process.exitCode = 2;
} else {
  const stale = await staleDiagrams();
  for (const { file, text } of stale) {
    if (mode === '--write') writeFileSync(file, text);
    console.log(`${mode === '--write' ? 'written' : 'stale'}: ${file}`);
  }
  if (mode === '--check' && stale.length > 0) {
    console.log('run: npm run diagrams');
    process.exitCode = 1;
  }
}

async function staleDiagrams(): Promise<{ file: string; text: string }[]> {
  const stale: { file: string; text: string }[] = [];
  for (const name of readdirSync(folder).filter((entry) => entry.endsWith('.machine.ts'))) {
    const file = join(folder, name.replace(/\.ts$/, '.md'));
    const text = page(name, await machineIn(join(folder, name)));
    if (readOrEmpty(file) !== text) stale.push({ file, text });
  }
  return stale;
}

async function machineIn(file: string): Promise<AnyStateMachine> {
  const exported = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>);
  const machines = exported.filter((value) => value instanceof StateMachine);
  const [machine] = machines;
  if (machine === undefined || machines.length !== 1)
    throw new Error(`${file}: expected exactly one exported machine, found ${machines.length}`);
  return machine;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
