import { RollbackError } from '../domain/errors.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import { SECOND } from '../domain/time.ts';

/** How often what could not be reached is asked again, and for how long: an engine restarts in less. */
const againMs = 2 * SECOND;
const patienceMs = 30 * SECOND;

/** Whether an error tells nothing about the target but that it could not be asked just now. */
export function mayPass(thrown: unknown): boolean {
  return thrown instanceof RollbackError && thrown.recourse !== 'give-up';
}

/** Asks again, every 2 s for 30 s, while `passing` says that the answer is only an outage. The last answer counts. */
export async function askPatiently<Answer>(
  clock: Clock,
  ask: () => Promise<Answer>,
  passing: (answer: Answer) => boolean,
  signal: AbortSignal,
): Promise<Answer> {
  const until = clock.now() + patienceMs;
  let answer = await ask();
  while (passing(answer) && !signal.aborted && clock.now() < until) {
    await sleep(clock, againMs, signal);
    if (!signal.aborted) answer = await ask();
  }
  return answer;
}
