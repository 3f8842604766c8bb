import { setTimeout as pause } from 'node:timers/promises';

/** How long something may take to happen in a test. */
export const patienceMs = 60_000;

/**
 * Asks until the answer is no longer null, undefined or false.
 *
 * @throws Error after `withinMs`, with what was waited for and `context()`
 */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | null | undefined | false>,
  { withinMs = patienceMs, context = () => '' }: { withinMs?: number; context?: () => string } = {},
): Promise<Answer> {
  const end = performance.now() + withinMs;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    await pause(100);
  }
  throw new Error(`did not happen within ${withinMs} ms: ${what}\n${context()}`);
}
