import { readFile, readdir } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';

/** What /proc says of one process. */
export interface ProcessStatus {
  /** Clock ticks since boot. */
  readonly startTicks: number;
  /** It has ended and only waits to be collected. */
  readonly ended: boolean;
}

/** null when there is no such process. */
export async function statusOf(pid: number): Promise<ProcessStatus | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  return text === null ? null : parseStat(text);
}

/** As `statusOf`, for the instant after a start in which nothing else may happen. */
export function statusNow(pid: number): ProcessStatus | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Whether the process was started with `name=value` in its environment; false when we may not look. */
export async function startedWith(pid: number, name: string, value: string): Promise<boolean> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${name}=${value}`);
}

/** Name of the program that a process runs, without its arguments: those may hold secrets. */
export async function programOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return basename(line.split('\0')[0] ?? '');
}

/** The process that started it, or that took it over; null when there is none, or no such process. */
export async function parentOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  const parent = text === null ? 0 : Number(fieldsOf(text)[1]);
  return parent > 0 ? parent : null;
}

/** Ticks of /proc per second: fixed for programs on every architecture of Linux that Node.js runs on. */
const ticksPerSecond = 100;

/** When a process began, in ms since 1970 by the clock of the machine; right to a second. */
export async function startedAt({ startTicks }: ProcessStatus): Promise<number> {
  const text = await readFile('/proc/stat', 'latin1').catch((cause: unknown) => {
    throw new RollbackError('UNREACHABLE', '/proc/stat cannot be read', {}, { cause });
  });
  const booted = Number(/^btime (\d+)$/m.exec(text)?.[1]);
  return booted * 1_000 + (startTicks * 1_000) / ticksPerSecond;
}

/** Every process on this machine but ourselves. Rejects with `UNREACHABLE` where there is no /proc. */
export async function everyProcess(): Promise<number[]> {
  const names = await readdir('/proc').catch((cause: unknown) => {
    throw new RollbackError(
      'UNREACHABLE',
      'cannot look for children of an earlier daemon: /proc cannot be read',
      {},
      { cause },
    );
  });
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function parseStat(text: string): ProcessStatus {
  const fields = fieldsOf(text);
  return { startTicks: Number(fields[19]), ended: fields[0] === 'Z' || fields[0] === 'X' };
}

function fieldsOf(text: string): readonly string[] {
  // The name in parentheses may itself hold spaces and parentheses, so fields are counted after the last one.
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}
