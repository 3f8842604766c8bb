import { onTestFinished } from 'vitest';
import { onCrashPoint } from '../../src/domain/crash-point.ts';

/** Thrown where the daemon would have died. */
export class Died extends Error {}

/** Lets the daemon die at the nth time it comes between two calls. Returns how often it came there. */
export function dieBetweenCalls(nth: number): () => number {
  let times = 0;
  onTestFinished(() => onCrashPoint(() => {}));
  onCrashPoint((point) => {
    if (point !== 'effect.call.between') return;
    times += 1;
    if (times === nth) throw new Died(`at call ${nth}`);
  });
  return () => times;
}
