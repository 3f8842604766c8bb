import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/app/clock.ts';
import { runCli } from '../../src/cli/cli.ts';
import type { Token } from '../../src/domain/configuration.ts';
import { startServer } from '../../src/server/server.ts';
import { FakeDaemon } from '../fakes/daemon.ts';
import { FakeInbox } from '../fakes/inbox.ts';

// Times are local: everybody's tests read the same ones.
process.env['TZ'] = 'UTC';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** What a command line did. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the real program in a process of its own. Nobody's environment leaks in. */
export async function rollbackd(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { TZ: 'UTC', PATH: '/usr/bin:/bin', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, out, err };
}

/** The same without a process, where only the words of the answer matter. */
export async function inProcess(
  argv: readonly string[],
  environment: Record<string, string> = {},
  color = false,
): Promise<Ran> {
  let out = '';
  let err = '';
  const code = await runCli({
    argv,
    environment,
    out: (line) => void (out += `${line}\n`),
    err: (line) => void (err += `${line}\n`),
    color,
    width: 100,
    clock: systemClock(),
    signal: new AbortController().signal,
    onHangup: () => {},
    whenCutShort: () => {},
  });
  return { code, out, err };
}

/** A daemon that listens, and a terminal that talks to it. */
export async function terminal(tokens: readonly Token[] = []) {
  const daemon = new FakeDaemon();
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({
    daemon,
    listen,
    tokens,
    clock: systemClock(),
    inbox: new FakeInbox(),
    version: '0.1.0',
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    daemon,
    url,
    /** In a process of its own. */
    type: (line: string, environment: Record<string, string> = {}) =>
      rollbackd(words(line), { ROLLBACKD_URL: url, ...environment }),
    /** In this process, over the same HTTP. */
    ask: (line: string, environment: Record<string, string> = {}) =>
      inProcess(words(line), { ROLLBACKD_URL: url, ...environment }),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Splits as a shell would, quotes included. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}
