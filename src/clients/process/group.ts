import { sleep, type Clock } from '../../domain/ports/clock.ts';

const never = new AbortController().signal;
const lookEveryMs = 20;

/** Asks a process group to end, and ends it when it has not after `graceMs`. Resolves once it is gone. */
export async function endGroup(pid: number, graceMs: number, clock: Clock): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  const killAt = clock.now() + graceMs;
  while (clock.now() < killAt && groupLives(pid)) await sleep(clock, lookEveryMs, never);
  // Also a group whose leader ended: what it started must not outlive its deadline.
  signalGroup(pid, 'SIGKILL');
}

function groupLives(pid: number): boolean {
  return signalGroup(pid, 0);
}

/** False when there is no such group any more. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
