import { sleep, type Clock } from '../domain/ports/clock.ts';
import { SECOND } from '../domain/time.ts';

/**
 * How often the files are looked at. They are looked at, not listened to: notifications do not reach through bind
 * mounts and network file systems, and are lost when an editor or an orchestrator puts another file in the place.
 */
export const lookEveryMs = 2 * SECOND;

/** A configuration whose files may change. */
export interface Followed {
  /** Whether changes are followed at all, as the configuration in force says. */
  readonly watching: () => boolean;
  /** Which files were read last, and in which state. */
  readonly marks: () => string;
  /** The state of the same files now. */
  readonly marksNow: () => Promise<string>;
  /** Takes over what they hold, if it is another content. */
  readonly follow: () => Promise<unknown>;
}

/**
 * Takes over changed files, until the signal aborts. A change is taken over once two looks saw the same of it: before
 * that, somebody is still writing.
 */
export async function followFiles(
  { watching, marks, marksNow, follow }: Followed,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let changed: string | null = null;
  // What changed between the first reading and the start of this is found at once.
  if (watching()) await follow();
  for (;;) {
    await sleep(clock, lookEveryMs, signal);
    if (signal.aborted) return;
    const now = watching() ? await marksNow() : marks();
    const settled: boolean = now === changed;
    changed = now === marks() || settled ? null : now;
    if (settled) await follow();
  }
}
