import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A real second process that runs one of the programs beside this file; it never outlives the test. */
export interface Child {
  /** Resolves with all lines so far, once there are at least this many. */
  lines(count: number): Promise<readonly string[]>;
  /** `kill -9`, and everything it had said until then. */
  kill(): Promise<readonly string[]>;
}

export function startChild(program: string, ...values: string[]): Child {
  const path = fileURLToPath(new URL(`./programs/${program}.ts`, import.meta.url));
  const child = spawn(process.execPath, [path, ...values], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const whole = (): string[] => said.split('\n').slice(0, -1);
  return {
    lines: async (count) => {
      while (whole().length < count) await next(child, closed);
      return whole();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
      return whole();
    },
  };
}

async function next(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const ended = closed.then(() =>
    Promise.reject(new Error('the program ended before it said what was expected')),
  );
  await Promise.race([child.stdout === null ? ended : once(child.stdout, 'data'), ended]);
}
