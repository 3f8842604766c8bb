import { spawn } from 'node:child_process';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../e2e/until.ts';
import type { Ports } from './project.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The gate is a process of its own, as it is in production. */
export async function startGate(folder: string, { gate, web }: Ports): Promise<void> {
  const args = [
    main,
    'write-gate',
    `--listen=127.0.0.1:${gate}`,
    `--upstream=http://127.0.0.1:${web}`,
    `--control=unix:${join(folder, 'gate.sock')}`,
    `--state=${join(folder, 'gate.json')}`,
  ];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('the gate lets requests pass', () => answers(`http://127.0.0.1:${gate}/health`));
}

/** Whether a GET is answered well. */
export function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Calls the control listener of the gate. */
export function askGate(socketPath: string, method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-length': Buffer.byteLength(text) };
    const sent = request({ socketPath, method, path, headers }, (response) => {
      void answered(response).then(resolve, reject);
    });
    sent.once('error', reject).end(text);
  });
}

async function answered(response: IncomingMessage): Promise<string> {
  const answer = (await response.toArray()).join('');
  if (response.statusCode === 200) return answer;
  throw new Error(`the gate answered ${response.statusCode} ${answer}`);
}
