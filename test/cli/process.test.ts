import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { serving } from '../clients/loopback.ts';
import { inProcess, rollbackd, terminal } from './terminal.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

test('SIGTERM ends a command that waits for the daemon, with a message', async () => {
  const { url, server } = await serving(() => {});
  const child = spawn(process.execPath, [main, 'status'], { env: { ROLLBACKD_URL: url } });
  server.once('request', () => child.kill('SIGTERM'));
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));

  const code = await new Promise((resolve) => child.on('close', resolve));

  expect({ code, err }).toEqual({ code: 1, err: `rollbackd: interrupted while asking ${url} [ABORTED]\n` });
});

test('an unknown crash point is refused at once', async () => {
  const { code, err } = await rollbackd(['version'], { ROLLBACKD_CRASH_AT: 'nowhere:1' });

  expect(code).toBe(2);
  expect(err).toMatch(/^rollbackd: ROLLBACKD_CRASH_AT: no crash point nowhere; one of incident\.opened, /);
});

test('colours are for terminals only, and mark what is bad', async () => {
  await using at = await terminal();
  at.daemon.gateView = { open: false, reasons: ['incident i-1 is open'] };
  const run = (color: boolean) => inProcess(['gate', 'backend'], { ROLLBACKD_URL: at.url }, color);

  expect((await run(true)).err).toBe('\u001b[31mclosed\u001b[0m  incident i-1 is open\n');
  expect((await run(false)).err).toBe('closed  incident i-1 is open\n');
});
