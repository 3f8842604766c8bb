import { spawn, type ChildProcess } from 'node:child_process';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Starts a program that ends with the stack. */
export function run(undo: AsyncDisposableStack, program: string, args: readonly string[]): void {
  const child: ChildProcess = spawn(program, args, { stdio: 'ignore' });
  undo.defer(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  });
}

/** Waits until something answers 200. */
export async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await pause(100);
  }
  throw new Error(`${url} did not become ready`);
}

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const socket = createSocket().listen(0, '127.0.0.1', () => {
    const { port } = socket.address() as AddressInfo;
    socket.close(() => resolve(port));
  });
  return promise;
}
