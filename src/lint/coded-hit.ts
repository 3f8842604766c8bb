import type { Hit } from './check.ts';

/** A hit of a check, by the check's code. */
export interface CodedHit extends Hit {
  readonly code: string;
}
