import { spawn } from 'node:child_process';
import { messageOf, RollbackError } from '../../../domain/errors.ts';

/** What the child says at most: counts and digests of some ten thousand tables. */
const mostBytes = 2 * 1024 * 1024;

/**
 * Has a process of its own do something with files of SQLite. The library answers in one go, however long that takes,
 * so it is asked where it can be ended; and a file's locks are those of a whole process.
 *
 * The script finds its arguments in `args`, says what came of it with `say(value)`, and may throw. It ends when this
 * process does: its standard input is then over.
 *
 * @param shown for messages: which store, and what is tried
 * @returns what was said, as parsed from JSON
 * @throws RollbackError `REFUSED` with what the script threw, `UNREACHABLE` when it ended otherwise, `ABORTED` with the signal
 */
export async function inSqlite(
  script: string,
  args: readonly string[],
  shown: string,
  signal: AbortSignal,
): Promise<unknown> {
  const said = await output(`${prelude}\ntry {\n${script}\n${ending}`, args, signal).catch(
    (cause: unknown) => {
      const code = signal.aborted ? 'ABORTED' : 'UNREACHABLE';
      throw new RollbackError(code, `${shown}: ${messageOf(cause)}`, {}, { cause });
    },
  );
  const answer = JSON.parse(said) as { readonly said: unknown } | { readonly problem: string };
  if ('said' in answer) return answer.said;
  throw new RollbackError('REFUSED', `${shown}: ${answer.problem}`);
}

const prelude = `
import { createHash } from 'node:crypto';
import { backup, constants, DatabaseSync } from 'node:sqlite';
process.stdin.on('error', () => {}).on('close', () => process.kill(process.pid, 'SIGKILL')).resume().unref();
const args = process.argv.slice(1);
const told = (answer) => new Promise((written) => process.stdout.write(JSON.stringify(answer), written));
let answer = { said: null };
const say = (value) => { answer = { said: value }; };
`;
const ending = `
} catch (error) {
  answer = { problem: String(error.message) };
}
await told(answer);
process.exit(0);
`;

function output(script: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', script, '--', ...args],
    // Nothing is ever written there: that it is open says that this process lives.
    { env: {}, stdio: ['pipe', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' },
  );
  let said = '';
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.length > mostBytes) child.kill('SIGKILL');
  });
  child.once('error', reject);
  child.once('close', (code, by) => {
    if (code === 0) resolve(said);
    else reject(new Error(`asking for it ended with ${by ?? `exit code ${code}`}`));
  });
  return promise;
}
