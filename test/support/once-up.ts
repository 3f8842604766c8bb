import { setTimeout as pause } from 'node:timers/promises';

/** Asks a server that starts until it answers. @throws after 20 s, what the last try threw */
export async function onceUp<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries += 1)
    try {
      return await ask();
    } catch (error) {
      if (tries === 400) throw error;
      await pause(50);
    }
}
