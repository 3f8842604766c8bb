/** Why a signal could not say anything. None of these moves an incident towards a rollback. */
export type Unknown = 'no_data' | 'error' | 'insufficient' | 'never_seen';

/** What a signal returned for one target (or host) at one instant: a value, or the reason why there is none. */
export type Reading =
  /** A measure, to be compared with thresholds. `detail` says what was measured, for people. */
  | { readonly kind: 'value'; readonly at: number; readonly value: number; readonly detail: string }
  /** A probe that passed or failed, to be counted by `failures`. */
  | { readonly kind: 'probe'; readonly at: number; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly at: number; readonly why: Unknown; readonly detail: string };

/** What a rule says about a reading; the last three together are *unknown*. */
export type Verdict = 'ok' | 'breach' | 'no_data' | 'error' | 'insufficient';
