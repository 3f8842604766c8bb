import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const module = fileURLToPath(new URL('../../src/app/ask-person.ts', import.meta.url));
const program = `
  const { askPerson } = await import(${JSON.stringify(module)});
  const answer = await askPerson('which? ', AbortSignal.timeout(60_000));
  process.stdout.write(JSON.stringify(answer));
`;

/** Types a text, then ends the input. */
async function typed(text: string) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  child.stdin.end(text);
  await new Promise((resolve) => child.on('close', resolve));
  return { out, err: err.trimEnd() };
}

test.each([
  ['backend\nmore\n', '"backend"'],
  ['\n', '""'],
  ['backend', 'null'],
  ['', 'null'],
])('what is typed as %j is answered as %s, asked on standard error', async (text, answer) => {
  expect(await typed(text)).toEqual({ out: answer, err: 'which?' });
});
