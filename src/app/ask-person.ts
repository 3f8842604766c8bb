import { createInterface } from 'node:readline/promises';

/** Asks on standard error and reads one line; null when the input ends, or the signal aborts, before the line does. */
export async function askPerson(question: string, signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  try {
    return await lines.question(question, { signal: AbortSignal.any([signal, ended.signal]) });
  } catch {
    return null;
  } finally {
    lines.close();
  }
}
