import type { Pace, StackParts } from './task.ts';

/** How many services may run twice where memory is scarce, or nobody can tell. */
const few = 4;
/** Of what everything on the host takes now, this much has to be free: an older release may need more. */
const allowance = 1.5;

/** How many services may run twice at one time: what the options say, or all where all of the host's programs could. */
export function roomForTwice({ hostMemory }: Pick<StackParts, 'hostMemory'>, { atOnce }: Pace): number {
  if (atOnce !== null) return atOnce;
  const memory = hostMemory();
  if (memory === null) return few;
  const { freeBytes, totalBytes } = memory;
  return freeBytes >= allowance * (totalBytes - freeBytes) ? Number.POSITIVE_INFINITY : few;
}
