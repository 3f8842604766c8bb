import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { runCli } from '../../src/cli/cli.ts';
import { gateControl } from '../../src/clients/write-gate.ts';
import { freePort } from '../e2e/ports.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { aService, bodyOf, requested, token } from './a-gate.ts';

const never = new AbortController().signal;

async function gateCommand(args: readonly string[], signal = AbortSignal.timeout(10_000)) {
  const [out, err]: string[][] = [[], []];
  const code = runCli({
    argv: ['write-gate', ...args],
    environment: {},
    out: (line) => out?.push(line),
    err: (line) => err?.push(line),
    color: false,
    width: 100,
    clock: systemClock(),
    signal,
    onHangup: () => {},
    whenCutShort: () => {},
  });
  return { code, out: out!, err: err! };
}

const usual = ['--listen', '127.0.0.1:0', '--upstream', 'http://127.0.0.1:1', '--control', '127.0.0.1:0'];

test.each([
  [[], 'write-gate: --listen is missing'],
  [[...usual, '--listen', 'here'], '--listen: expected HOST:PORT such as 0.0.0.0:8080, got here'],
  [
    [...usual, '--listen', '1.2.3.4:70000'],
    '--listen: expected HOST:PORT such as 0.0.0.0:8080, got 1.2.3.4:70000',
  ],
  [
    [...usual, '--upstream', 'https://a'],
    '--upstream: expected http://HOST:PORT without a path, got https://a',
  ],
  [
    [...usual, '--upstream', 'http://a/b'],
    '--upstream: expected http://HOST:PORT without a path, got http://a/b',
  ],
  [
    [...usual, '--control', 'unix:here'],
    '--control: expected unix:/ABSOLUTE/PATH of less than 108 bytes, got unix:here',
  ],
  [
    [...usual, '--control', '0.0.0.0:0'],
    '--control 0.0.0.0:0 can be reached from elsewhere: give it a token with --token-file, or a socket (unix:PATH)',
  ],
  [[...usual, '--allow', 'health'], '--allow: expected a path such as /api/v1/auth, got health'],
  [[...usual, '--message', 'a\nb'], '--message: expected one line of plain text, at most 500 characters'],
  [[...usual, '--dead-man', 'soon'], '--dead-man: expected a duration such as 90s, 2h or 1h30m, got soon'],
])('%j is wrong usage', async (args, message) => {
  const { code, err } = await gateCommand(args);

  expect(await code).toBe(2);
  expect(err[0]).toBe(`rollbackd: ${message} [USAGE]`);
});

test('a token that is too short to be one stops the start', async () => {
  const file = join(temporaryFolder('rd-gate'), 'token');
  writeFileSync(file, 'short\n');

  const { code, err } = await gateCommand([...usual, '--token-file', file]);

  expect(await code).toBe(1);
  expect(err[0]).toBe(
    `rollbackd: --token-file ${file}: expected one line of at least 16 printable characters without spaces [SECRET_MISSING]`,
  );
});

test('it runs without the daemon or a configuration, over a socket that only its user may use, until SIGTERM', async () => {
  const folder = temporaryFolder('rd-gate');
  const [socket, tokenFile] = [join(folder, 'gate.sock'), join(folder, 'token')];
  writeFileSync(tokenFile, `${token}\n`);
  const service = await aService((_request, response) => response.end('ok'));
  const port = await freePort();
  const stop = new AbortController();
  const { code, out } = await gateCommand(
    [
      `--listen=127.0.0.1:${port}`,
      `--upstream=http://127.0.0.1:${service.port}`,
      `--control=unix:${socket}`,
      `--token-file=${tokenFile}`,
      `--state=${join(folder, 'state.json')}`,
      '--message=Back at ten.',
    ],
    stop.signal,
  );
  while (out.length === 0) await pause(5);
  expect(JSON.parse(out[0]!)).toMatchObject({
    level: 'info',
    control: socket,
    msg: `rollbackd write-gate listens on http://127.0.0.1:${port} in front of http://127.0.0.1:${service.port}`,
  });
  expect(statSync(socket).mode & 0o777).toBe(0o600);

  const gate = gateControl({ socket }, { clock: systemClock(), token });
  const held = await gate.quiesce({ id: 'a', forMs: 60_000, message: null, drainMs: 0 }, never);
  expect(held).toMatchObject({ is: 'done', state: { holder: 'a', message: 'Back at ten.' } });
  const answer = await requested(port, { method: 'POST' }, 'x');
  await bodyOf(answer);
  expect(answer.statusCode).toBe(503);

  stop.abort();
  expect(await code).toBe(0);
  expect(JSON.parse(out.at(-1)!)).toMatchObject({ msg: 'stopped' });
  expect(existsSync(socket)).toBe(false);
});
