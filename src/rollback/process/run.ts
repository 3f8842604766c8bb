import { tailOf, type Processes } from '../../clients/process/runner.ts';
import { asShell } from '../drivers/shell-text.ts';

/** A program that has to end with 0. @returns what went wrong, or null */
export async function ran(
  run: readonly string[],
  { opId, deadlineMs }: { readonly opId: string; readonly deadlineMs: number },
  processes: Processes,
  signal: AbortSignal,
): Promise<string | null> {
  const { exitCode, signal: by, output } = await processes.run({ run, opId, deadlineMs }, signal);
  if (exitCode === 0) return null;
  const how = exitCode === null ? `was ended by ${by}` : `ended with ${exitCode}`;
  return `${asShell(run)} ${how}: ${tailOf(output) || 'it printed nothing'}`;
}
