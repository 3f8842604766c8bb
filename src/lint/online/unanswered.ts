import type { CodedHit } from '../coded-hit.ts';
import type { Stretch } from '../source-file.ts';

/** A check that could not be made: told, and no verdict. */
export function unanswered(at: Stretch, what: string, { failure }: { readonly failure: string }): CodedHit {
  return { code: 'online/unanswered', at, message: `cannot tell ${what}: ${failure}` };
}
