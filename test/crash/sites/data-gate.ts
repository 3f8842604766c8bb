import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../e2e/ports.ts';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

/** Where the gate of a stage is reached. */
export function gateSocket(folder: string): string {
  return join(`${folder}.gate`, 'control.sock');
}

/** A real `rollbackd write-gate`; what stands behind it is of no matter here. */
export async function dataGate(folder: string): Promise<DataPart> {
  const socketPath = gateSocket(folder);
  mkdirSync(`${folder}.gate`, { recursive: true });
  const [port, upstream] = [await freePort(), await freePort()];
  const args = ['--listen', `127.0.0.1:${port}`, '--upstream', `http://127.0.0.1:${upstream}`];
  const control = ['--control', `unix:${socketPath}`, '--state', join(`${folder}.gate`, 'state.json')];
  const gate = spawn(process.execPath, [main, 'write-gate', ...args, ...control], { stdio: 'ignore' });
  const kill = (): void => void gate.kill('SIGKILL');
  process.once('exit', kill);
  const state = () => asked(socketPath, 'GET', '/state');
  for (let tries = 0; (await state().catch(() => null)) === null; tries += 1) {
    if (tries === 400) throw new Error('the write gate does not answer');
    await pause(50);
  }
  const reset = async (): Promise<void> => {
    const { holder } = await state();
    if (holder !== null) await asked(socketPath, 'DELETE', '/quiesce', { id: holder });
  };
  return {
    ...plainPart,
    watched: [
      {
        ...plainWatched,
        step: 'gated',
        look: async () => ((await state()).quiesced ? 'held' : 'open'),
        reset,
      },
    ],
    held: async () => ((await state()).quiesced ? ['the gate'] : []),
    async close() {
      process.off('exit', kill);
      kill();
      rmSync(`${folder}.gate`, { recursive: true, force: true });
    },
  };
}

function asked(
  socketPath: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ readonly quiesced: boolean; readonly holder: string | null }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(JSON.parse(text) as Awaited<ReturnType<typeof asked>>));
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
