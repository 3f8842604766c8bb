// Plays the init system of the demo: keeps the program behind `current` running, and restarts it when told.
//   node supervisor.mjs run DIR PORT     in the foreground; the link is DIR/current
//   node supervisor.mjs restart DIR      stops the program and starts what the link points to now
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const stopGraceMs = 2_000;
const startGraceMs = 5_000;
const afterCrashMs = 500;

const [word, dir, port] = process.argv.slice(2);
if (word === 'run' && port !== undefined) await run();
else if (word === 'restart' && dir !== undefined) await ask('restart');
else {
  console.error('usage: supervisor.mjs run DIR PORT | supervisor.mjs restart DIR');
  process.exitCode = 2;
}

async function run() {
  const control = join(dir, 'control.sock');
  let child = null;
  let wanted = true;
  let turn = Promise.resolve();

  const start = async () => {
    // Resolved here, so that the release goes on from its own files when the link moves under it.
    const home = realpathSync(join(dir, 'current'));
    const started = spawn(process.execPath, [join(home, 'server.mjs')], {
      cwd: home,
      env: { PORT: port },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child = started;
    started.once('exit', () => {
      if (child !== started) return;
      child = null;
      if (wanted) setTimeout(() => (turn = turn.then(revive)), afterCrashMs);
    });
    await answers(started);
    return `running: release ${basename(home)}, pid ${started.pid}`;
  };
  const stop = async () => {
    const old = child;
    child = null;
    if (old === null || old.exitCode !== null || old.signalCode !== null) return;
    const gone = once(old, 'exit');
    old.kill('SIGTERM');
    const late = setTimeout(() => old.kill('SIGKILL'), stopGraceMs);
    await gone;
    clearTimeout(late);
  };
  const revive = async () => {
    if (child === null && wanted)
      await start().catch((error) => console.error(`supervisor: ${error.message}`));
  };
  const restart = async () => {
    await stop();
    return start();
  };

  rmSync(control, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const done = turn.then(restart);
      turn = done.catch(() => {});
      done.then(
        (said) => socket.end(`ok ${said}\n`),
        (error) => socket.end(`failed ${error.message}\n`),
      );
    });
  });
  server.listen(control);
  await once(server, 'listening');
  const quit = async () => {
    wanted = false;
    await stop();
    rmSync(control, { force: true });
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'disconnect']) process.on(signal, quit);
  turn = start().then(
    (said) => {
      console.log(said);
      process.send?.('running');
    },
    (error) => console.error(`supervisor: ${error.message}`),
  );
}

/** Waits until the program answers at all, or has ended, or the time is over. */
async function answers(started) {
  for (const until = Date.now() + startGraceMs; Date.now() < until; await sleep(20)) {
    if (started.exitCode !== null) throw new Error(`the program ended at once with ${started.exitCode}`);
    const probe = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null);
    await probe?.body?.cancel();
    if (probe !== null) return;
  }
  throw new Error(`the program does not answer on port ${port}`);
}

async function ask(question) {
  const socket = createConnection(join(dir, 'control.sock'));
  socket.setEncoding('utf8');
  let answer = '';
  socket.on('data', (text) => (answer += text));
  try {
    await once(socket, 'connect');
    socket.write(`${question}\n`);
    await once(socket, 'close');
  } catch (error) {
    answer = `failed no supervisor answers in ${dir}: ${error.message}`;
  }
  console.log(answer.trim());
  process.exitCode = answer.startsWith('ok ') ? 0 : 1;
}
