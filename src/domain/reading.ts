/** Why a signal could not say anything. None of these moves an incident towards a rollback. */
export type Unknown = 'no_data' | 'error' | 'insufficient' | 'never_seen';

/** What a value is compared with when a threshold is in times, or why there is nothing to compare it with. */
export type Baselined =
  | {
      /** Above 0. */
      readonly value: number;
      /** Which past it is, to follow "times the 300ms": `of 1d ago`. */
      readonly when: string;
      /** What the test of the readings since the deployment against those before it says; null when none is asked for. */
      readonly shift: 'higher' | 'lower' | 'none' | 'insufficient' | null;
    }
  | { readonly why: 'insufficient' | 'error'; readonly detail: string };

/** What a signal returned for one target (or host) at one instant: a value, or the reason why there is none. */
export type Reading =
  /** A measure, to be compared with thresholds. `detail` says what was measured, for people. */
  | {
      readonly kind: 'value';
      readonly at: number;
      readonly value: number;
      readonly detail: string;
      readonly baseline?: Baselined;
    }
  /** A probe that passed or failed, to be counted by `failures`. */
  | { readonly kind: 'probe'; readonly at: number; readonly passed: boolean; readonly detail: string }
  | {
      readonly kind: 'unknown';
      readonly at: number;
      readonly why: Unknown;
      readonly detail: string;
      /** Identities of the sources that could not see, where it is not the one source of the rule. */
      readonly unseen?: readonly string[];
    };

/** What a rule says about a reading; the last three together are *unknown*. */
export type Verdict = 'ok' | 'breach' | 'no_data' | 'error' | 'insufficient';
