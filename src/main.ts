#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from './app/clock.ts';
import { askPerson } from './app/ask-person.ts';
import { systemTerminal } from './app/terminal.ts';
import { crashPoints, onCrashPoint } from './domain/crash-point.ts';

/** Two signals closer together than this are one. */
const echoMs = 250;

// The space for short-lived objects stays as it is at the start: left to itself it grows to 64 MiB on a large machine,
// and a daemon beside production takes no memory for garbage. Before everything else is loaded, which would grow it.
setFlagsFromString('--semi-space-growth-factor=1');
// Compiling is half of every start after the first. Beside the program, so that who could change what is cached could
// change the program as well; where that cannot be written it is compiled each time.
enableCompileCache(join(dirname(import.meta.dirname), 'node_modules', '.cache', 'rollbackd'));

const environment = process.env;
armCrashPoint(environment['ROLLBACKD_CRASH_AT']);

const clock = systemClock();
const interrupted = new AbortController();
let interruptedAt = 0;
let describeRest = (): string => 'nothing that a repeat would not finish';
for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => interrupt(name));

// A reader that goes away, as in `rollbackd incidents | head`, is no fault.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

const { runCli } = await import('./cli/cli.ts');
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  environment,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  ...(process.stderr.isTTY && environment['TERM'] !== 'dumb' ? { progress: showProgress } : {}),
  color: wantsColor(),
  width: process.stdout.columns ?? 100,
  ...(isatty(0) && process.stdout.isTTY && environment['TERM'] !== 'dumb'
    ? { terminal: systemTerminal(() => process.stdin, process.stdout) }
    : {}),
  ...(isatty(0) && isatty(2) ? { ask: (question) => askPerson(question, interrupted.signal) } : {}),
  clock,
  signal: interrupted.signal,
  onHangup: (call) => void process.on('SIGHUP', call),
  whenCutShort: (describe) => {
    describeRest = describe;
  },
});

/** One line that the next one replaces; an empty one takes it away. */
function showProgress(line: string): void {
  process.stderr.write(`\r${line.slice(0, Math.max(0, (process.stderr.columns ?? 80) - 1))}\x1b[K`);
}

/** Colour only on a terminal, unless the usual variables say otherwise. */
function wantsColor(): boolean {
  if (environment['NO_COLOR']) return false;
  return Boolean(environment['FORCE_COLOR']) || (process.stdout.isTTY && environment['TERM'] !== 'dumb');
}

/** The first one asks to stop, the second one does not ask. */
function interrupt(name: NodeJS.Signals): void {
  if (!interrupted.signal.aborted) {
    interruptedAt = clock.now();
    interrupted.abort();
    return;
  }
  // Ctrl-C arrives twice when a parent in the same terminal passes it on.
  if (clock.now() - interruptedAt < echoMs) return;
  process.stderr.write(`rollbackd: ended at once by a second ${name}; left undone: ${describeRest()}\n`);
  process.exit(1);
}

/** `ROLLBACKD_CRASH_AT=POINT[:NTH]`: dies at the nth time that a crash point is reached. Only tests say so. */
function armCrashPoint(at: string | undefined): void {
  if (at === undefined || at === '') return;
  const [name = '', nth = '1'] = at.split(':');
  if (!crashPoints.some((point) => point === name)) {
    process.stderr.write(
      `rollbackd: ROLLBACKD_CRASH_AT: no crash point ${name}; one of ${crashPoints.join(', ')}\n`,
    );
    process.exit(2);
  }
  let left = Number(nth);
  onCrashPoint((point) => {
    if (point === name && --left === 0) process.kill(process.pid, 'SIGKILL');
  });
}
