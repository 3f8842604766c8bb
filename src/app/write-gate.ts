import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Log } from '../domain/ports/log.ts';
import { SECOND } from '../domain/time.ts';
import { longestMessage, maintenanceMessage } from '../domain/write-gate.ts';
import type { Upstream } from '../write-gate/traffic.ts';
import { nameOf, serveGate, type Endpoint, type RunningGate } from '../write-gate/serve.ts';

/** What `rollbackd write-gate` was asked to do, as written. */
export interface WriteGateOptions {
  readonly listen: string;
  readonly upstream: string;
  readonly control: string;
  readonly tokenFile: string | null;
  readonly allow: readonly string[];
  readonly deadManMs: number;
  readonly answerWithinMs: number;
  readonly drainMs: number;
  readonly message: string | null;
  readonly stateFile: string;
  readonly clock: Clock;
  readonly out: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Less than what `docker stop` grants. */
const graceMs = 8 * SECOND;

/**
 * Runs a write gate until it is asked to stop.
 *
 * @returns 0; 1 when requests were cut
 * @throws RollbackError `USAGE` for what cannot be meant, `CONFIG_INVALID`, `SECRET_MISSING`
 */
export async function runWriteGate(options: WriteGateOptions): Promise<number> {
  const { clock, deadManMs, answerWithinMs, drainMs, stateFile, signal } = options;
  const log = linesTo(options.out, clock);
  const [listen, upstream, control] = [
    addressOf('listen', options.listen),
    upstreamOf(options.upstream),
    controlOf(options.control),
  ];
  const token = options.tokenFile === null ? null : await tokenOf(options.tokenFile);
  if (token === null && !('socket' in control) && !isLoopback(control.host))
    throw new RollbackError(
      'USAGE',
      `--control ${options.control} can be reached from elsewhere: give it a token with --token-file, or a socket (unix:PATH)`,
    );
  const running = await serveGate({
    listen,
    control,
    upstream,
    token,
    allow: options.allow.map(pathOf),
    deadManMs,
    message: messageFrom(options.message),
    stateFile,
    answerWithinMs,
    drainMs,
    clock,
    log,
  });
  log.info(
    {
      control: nameOf(
        'socket' in control ? control : { ...control, port: running.controlPort ?? control.port },
      ),
    },
    `rollbackd write-gate listens on http://${nameOf({ ...listen, port: running.port })} in front of http://${nameOf(upstream)}`,
  );
  return untilAsked(running, log, signal);
}

async function untilAsked(running: RunningGate, log: Log, signal: AbortSignal): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
  const whole = await running.stop(graceMs);
  log.info({}, whole ? 'stopped' : 'stopped; connections that did not end in time were cut');
  return whole ? 0 : 1;
}

function addressOf(option: string, written: string): { readonly host: string; readonly port: number } {
  const parsed = URL.parse(`tcp://${written}`);
  const port = Number(/:(\d{1,5})$/.exec(written)?.[1] ?? Number.NaN);
  const host = parsed?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (host !== '' && port <= 65_535 && parsed?.pathname === '' && parsed.username === '')
    return { host, port };
  throw new RollbackError('USAGE', `--${option}: expected HOST:PORT such as 0.0.0.0:8080, got ${written}`);
}

function controlOf(written: string): Endpoint {
  if (!written.startsWith('unix:')) return addressOf('control', written);
  const socket = written.slice('unix:'.length);
  if (socket.startsWith('/') && Buffer.byteLength(socket) < 108) return { socket };
  throw new RollbackError(
    'USAGE',
    `--control: expected unix:/ABSOLUTE/PATH of less than 108 bytes, got ${written}`,
  );
}

function upstreamOf(written: string): Upstream {
  const parsed = URL.parse(written);
  const plain =
    parsed?.pathname === '/' && parsed.search === '' && parsed.username === '' && parsed.hash === '';
  if (parsed?.protocol === 'http:' && plain)
    return {
      host: parsed.hostname.replace(/^\[|\]$/g, ''),
      port: parsed.port === '' ? 80 : Number(parsed.port),
    };
  throw new RollbackError('USAGE', `--upstream: expected http://HOST:PORT without a path, got ${written}`);
}

function pathOf(written: string): string {
  if (/^\/[^?#\s]+$/.test(written)) return written;
  throw new RollbackError('USAGE', `--allow: expected a path such as /api/v1/auth, got ${written}`);
}

function messageFrom(written: string | null): string {
  if (written === null) return maintenanceMessage;
  if (written !== '' && written.length <= longestMessage && !/[\p{Cc}\p{Cf}]/u.test(written)) return written;
  throw new RollbackError(
    'USAGE',
    `--message: expected one line of plain text, at most ${longestMessage} characters`,
  );
}

async function tokenOf(path: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new RollbackError(
      'SECRET_MISSING',
      `could not read --token-file ${path}: ${messageOf(cause)}`,
      { path },
      { cause },
    );
  }
  if (/^[!-~]{16,}$/.test(token)) return token;
  throw new RollbackError(
    'SECRET_MISSING',
    `--token-file ${path}: expected one line of at least 16 printable characters without spaces`,
    { path },
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** One line of JSON each, as the daemon's own log has them. */
function linesTo(out: (line: string) => void, clock: Clock): Log {
  const line =
    (level: string) =>
    (facts: Readonly<Record<string, unknown>>, message: string): void =>
      out(JSON.stringify({ level, time: new Date(clock.wall()).toISOString(), ...facts, msg: message }));
  return { info: line('info'), warn: line('warn'), error: line('error') };
}
