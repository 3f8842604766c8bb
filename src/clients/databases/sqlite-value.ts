import { spawn } from 'node:child_process';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { hostPath } from '../files/host-path.ts';

/** What the child says at most; one row of one number needs far less. */
const mostBytes = 64 * 1024;

/**
 * The library answers in one go, however long that takes, so it is asked in a process of its own that can be ended. The
 * file is opened for reading only.
 */
const script = `
import { DatabaseSync } from 'node:sqlite';
const [path, query] = process.argv.slice(1);
try {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 1000 });
  const statement = database.prepare(query);
  statement.setReadBigInts(true);
  const rows = statement.all().map((row) => Object.values(row).map((value) => value === null ? null : String(value)));
  process.stdout.write(JSON.stringify({ rows }));
} catch (error) {
  process.stdout.write(JSON.stringify({ problem: String(error.message) }));
}
`;

/**
 * The rows that a query finds in a file of SQLite; every value as text.
 *
 * @throws RollbackError `REFUSED` when SQLite says no, `ABORTED` with the signal
 */
export async function sqliteRows(
  { hostRoot, name, path }: { readonly hostRoot: string; readonly name: string; readonly path: string },
  query: string,
  signal: AbortSignal,
): Promise<readonly (readonly (string | null)[])[]> {
  const said = await output([await hostPath(hostRoot, path), query], signal).catch((cause: unknown) => {
    const code = signal.aborted ? 'ABORTED' : 'UNREACHABLE';
    throw new RollbackError(code, `${name} (${path}) could not be asked: ${messageOf(cause)}`, {}, { cause });
  });
  const answer = JSON.parse(said) as Answer;
  if ('rows' in answer) return answer.rows;
  throw new RollbackError('REFUSED', `${name} (${path}): ${answer.problem}`);
}

type Answer = { readonly rows: readonly (readonly (string | null)[])[] } | { readonly problem: string };

function output(args: readonly string[], signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', script, '--', ...args],
    { env: {}, stdio: ['ignore', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' },
  );
  let said = '';
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
