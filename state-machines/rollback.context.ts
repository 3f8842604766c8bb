export interface StepShape {
  readonly kind: string;
  /** The driver can compensate. */
  readonly undoable: boolean;
  /** The driver holds something that must be let go of. */
  readonly holds: boolean;
  /** It replaces people's data: in doubt about it nothing that holds writes off is let go of. */
  readonly replaces?: boolean;
  readonly retries: number;
}

export interface RollbackInput {
  readonly incident: string;
  readonly planDigest: string;
  /** Above every generation that the same plan was carried out under before, so that no effect bears an id twice. */
  readonly firstGeneration: number;
  readonly steps: readonly StepShape[];
  readonly settleMs: number;
  readonly phases: readonly { readonly name: string; readonly withinMs: number }[];
}

/** How a rollback ended. Only `passed` means that the target recovered. */
export type RollbackResult =
  | 'passed'
  | 'failed'
  | 'in_doubt'
  | 'not_verified'
  | 'not_recovered'
  | 'worse'
  | 'inconclusive'
  /** Somebody put back what it had replaced. */
  | 'undone';

export interface RollbackContext extends RollbackInput {
  /** The step in hand: forwards while stepping, backwards while undoing or releasing. */
  readonly index: number;
  readonly generation: number;
  /** Steps whose effect is done and not undone. */
  readonly done: readonly number[];
  /** Steps that hold, or may hold, something which has not been let go of. */
  readonly held: readonly number[];
  /** The step of which nobody knows what it did to people's data: what others hold waits for a person's word. */
  readonly doubted?: number | null;
  /** Generation under which each step was carried out last, by index. */
  readonly generations: readonly number[];
  readonly phase: number;
  readonly dueAt: number;
  readonly extended: boolean;
  readonly lastEffectAt: number | null;
  readonly result: RollbackResult | null;
  readonly reason: string;
}

export type RollbackEvent =
  | { readonly type: 'done'; readonly at: number }
  | { readonly type: 'failed'; readonly at: number; readonly reason: string; readonly retryable: boolean }
  | { readonly type: 'inDoubt'; readonly at: number; readonly reason: string }
  /** A person's word: what is held may be let go of. */
  | { readonly type: 'letGo'; readonly at: number }
  | { readonly type: 'halted'; readonly at: number; readonly reason: string }
  | { readonly type: 'unhalted'; readonly at: number }
  | { readonly type: 'settled'; readonly at: number }
  | {
      readonly type: 'checked';
      readonly at: number;
      readonly phase: number;
      readonly passed: boolean;
      readonly inconclusive: boolean;
      readonly reason: string;
    }
  | { readonly type: 'confirmedUntil'; readonly at: number; readonly dueAt: number }
  | { readonly type: 'confirmed'; readonly at: number; readonly reason: string }
  | { readonly type: 'notRecovered'; readonly at: number; readonly reason: string }
  | { readonly type: 'inconclusive'; readonly at: number; readonly reason: string; readonly extendTo: number }
  | { readonly type: 'worse'; readonly at: number; readonly reason: string }
  | { readonly type: 'undone'; readonly at: number; readonly reason: string };

/** The context before the first step. */
export function beginRollback(input: RollbackInput): RollbackContext {
  return {
    ...input,
    index: 0,
    generation: input.firstGeneration,
    done: [],
    held: [],
    generations: [],
    phase: 0,
    dueAt: 0,
    extended: false,
    lastEffectAt: null,
    result: null,
    reason: '',
  };
}

/** The effect that the state calls for; null when it waits for something else. */
export function dueEffect(
  value: string,
  context: RollbackContext,
): {
  readonly step: number;
  readonly purpose: 'apply' | 'undo' | 'release';
  readonly generation: number;
} | null {
  const { index: step, generation } = context;
  if (value === 'stepping') return { step, purpose: 'apply', generation };
  if (value === 'undoing') return { step, purpose: 'undo', generation: context.generations[step] ?? 1 };
  if (value === 'releasing') return { step, purpose: 'release', generation };
  return null;
}

/** The nearest done step below `from` that can be undone. */
export function lastUndoable({ done, steps }: RollbackContext, from: number): number | null {
  const below = done.filter((step) => step < from && steps[step]?.undoable === true);
  return below.length === 0 ? null : Math.max(...below);
}

/** Steps are taken in order, so the last one held is the last in the list. */
export function withHeld({ held, steps, index }: RollbackContext): readonly number[] {
  return steps[index]?.holds === true ? [...held, index] : held;
}

/** Whether in doubt about the step in hand something is held that must not be let go of before a person says so. */
export function mayHaveBrokenData({ held, steps, index }: RollbackContext): boolean {
  return steps[index]?.replaces === true && held.some((step) => step !== index);
}

/** The same trouble over and over is told once. */
export function withTrouble(reason: string, trouble: string): string {
  if (reason === '') return trouble;
  return reason.endsWith(trouble) ? reason : `${reason}; then ${trouble}`;
}

/** Remembers under which generation the step in hand was carried out. */
export function withGeneration(context: RollbackContext): readonly number[] {
  return Object.assign([...context.generations], { [context.index]: context.generation });
}

/** A result of an earlier phase, told again after a restart, changes nothing. */
export function isPresent(context: RollbackContext, event: { readonly phase: number }): boolean {
  return event.phase === context.phase;
}
