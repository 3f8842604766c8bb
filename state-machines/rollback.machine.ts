import { assign, setup } from 'xstate';

/**
 * One plan being carried out and verified.
 *
 *   stepping ─all done─▶ settling ─▶ checking (phase by phase) ─▶ confirming ─▶ releasing ─▶ ended (passed)
 *      │ ╲─halted─▶ paused ─▶ stepping      │                        │
 *      ├─failed─▶ undoing ─▶ releasing ─▶ ended (failed)             │
 *      ╰─in doubt─▶ releasing ─▶ ended (in_doubt)   ╰── failed, worse, inconclusive ─▶ releasing ─▶ ended
 *
 * `releasing` lets go of what steps hold, on every path. Which effect is due follows from the state alone
 * (`dueEffect`), so a restored rollback goes on where it stood.
 */
export const rollbackVersion = 1;

export interface StepShape {
  readonly kind: string;
  /** The driver can compensate. */
  readonly undoable: boolean;
  /** The driver holds something that must be let go of. */
  readonly holds: boolean;
  readonly retries: number;
}

export interface RollbackInput {
  readonly incident: string;
  readonly planDigest: string;
  readonly steps: readonly StepShape[];
  readonly settleMs: number;
  readonly phases: readonly { readonly name: string; readonly withinMs: number }[];
}

/** How a rollback ended. Only `passed` means that the target recovered. */
export type RollbackResult =
  'passed' | 'failed' | 'in_doubt' | 'not_verified' | 'not_recovered' | 'worse' | 'inconclusive';

export interface RollbackContext extends RollbackInput {
  /** The step in hand: forwards while stepping, backwards while undoing or releasing. */
  readonly index: number;
  readonly generation: number;
  /** Steps whose effect is done and not undone. */
  readonly done: readonly number[];
  /** Generation under which each done step succeeded, by index. */
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
  | { readonly type: 'worse'; readonly at: number; readonly reason: string };

export const rollbackMachine = setup({
  types: {
    input: {} as RollbackInput,
    context: {} as RollbackContext,
    events: {} as RollbackEvent,
  },
  guards: {
    lastStep: ({ context }) => context.index + 1 >= context.steps.length,
    mayRetry: ({ context, event }) =>
      event.type === 'failed' &&
      event.retryable &&
      context.generation <= (context.steps[context.index]?.retries ?? 0),
    lastPhase: ({ context, event }) =>
      event.type === 'checked' &&
      event.passed &&
      isPresent(context, event) &&
      context.phase + 1 >= context.phases.length,
    passed: ({ context, event }) => event.type === 'checked' && event.passed && isPresent(context, event),
    notPassed: ({ context, event }) => event.type === 'checked' && !event.passed && isPresent(context, event),
    blindPhase: ({ context, event }) =>
      event.type === 'checked' &&
      !event.passed &&
      event.inconclusive &&
      !context.extended &&
      isPresent(context, event),
    noPhases: ({ context }) => context.phases.length === 0,
    mayExtend: ({ context }) => !context.extended,
    nothingToUndo: ({ context }) => next(context, 'undoable', context.steps.length) === null,
    lastUndo: ({ context }) => next(context, 'undoable', context.index) === null,
    nothingHeld: ({ context }) => next(context, 'holds', context.steps.length) === null,
    lastHeld: ({ context }) => next(context, 'holds', context.index) === null,
  },
  actions: {
    noteDone: assign(({ context, event }) => ({
      done: [...context.done, context.index],
      generations: withGeneration(context),
      lastEffectAt: event.at,
    })),
    advance: assign(({ context }) => ({ index: context.index + 1, generation: 1 })),
    again: assign(({ context }) => ({ generation: context.generation + 1 })),
    result: assign(({ event }, params: { result: RollbackResult }) => ({
      result: params.result,
      reason: 'reason' in event ? event.reason : '',
    })),
    beginSettling: assign(({ context, event }) => ({ dueAt: event.at + context.settleMs })),
    beginPhase: assign(({ context, event }) => ({
      dueAt: event.at + (context.phases[context.phase]?.withinMs ?? 0),
    })),
    advancePhase: assign(({ context }) => ({ phase: context.phase + 1, extended: false })),
    extend: assign(({ event }) => ({
      extended: true,
      ...('extendTo' in event ? { dueAt: event.extendTo } : {}),
    })),
    confirmUntil: assign(({ event }) => (event.type === 'confirmedUntil' ? { dueAt: event.dueAt } : {})),
    beginUndoing: assign(({ context }) => ({ index: next(context, 'undoable', context.steps.length) ?? 0 })),
    nextUndo: assign(({ context }) => ({
      index: next(context, 'undoable', context.index) ?? 0,
      done: context.done.filter((step) => step !== context.index),
    })),
    noteUndone: assign(({ context }) => ({ done: context.done.filter((step) => step !== context.index) })),
    noteTrouble: assign(({ context, event }) => ({
      reason: 'reason' in event ? `${context.reason}; then ${event.reason}` : context.reason,
    })),
    stayInDoubt: assign({ result: 'in_doubt' }),
    beginReleasing: assign(({ context }) => ({ index: next(context, 'holds', context.steps.length) ?? 0 })),
    nextRelease: assign(({ context }) => ({ index: next(context, 'holds', context.index) ?? 0 })),
  },
}).createMachine({
  id: 'rollback',
  initial: 'stepping',
  context: ({ input }) => ({
    ...input,
    index: 0,
    generation: 1,
    done: [],
    generations: [],
    phase: 0,
    dueAt: 0,
    extended: false,
    lastEffectAt: null,
    result: null,
    reason: '',
  }),
  states: {
    stepping: {
      on: {
        done: [
          { guard: 'lastStep', target: 'settling', actions: 'noteDone' },
          { target: 'stepping', actions: ['noteDone', 'advance'] },
        ],
        failed: [
          { guard: 'mayRetry', target: 'stepping', actions: 'again' },
          {
            guard: 'nothingToUndo',
            target: 'releasing',
            actions: { type: 'result', params: { result: 'failed' } },
          },
          { target: 'undoing', actions: { type: 'result', params: { result: 'failed' } } },
        ],
        inDoubt: { target: 'releasing', actions: { type: 'result', params: { result: 'in_doubt' } } },
        halted: 'paused',
      },
    },
    paused: { on: { unhalted: 'stepping' } },
    settling: {
      entry: 'beginSettling',
      on: {
        settled: [{ guard: 'noPhases', target: 'confirming' }, { target: 'checking' }],
        worse: { target: 'releasing', actions: { type: 'result', params: { result: 'worse' } } },
      },
    },
    checking: {
      entry: 'beginPhase',
      on: {
        checked: [
          { guard: 'lastPhase', target: 'confirming' },
          { guard: 'passed', target: 'checking', reenter: true, actions: 'advancePhase' },
          { guard: 'blindPhase', target: 'checking', reenter: true, actions: 'extend' },
          {
            guard: 'notPassed',
            target: 'releasing',
            actions: { type: 'result', params: { result: 'not_verified' } },
          },
        ],
        worse: { target: 'releasing', actions: { type: 'result', params: { result: 'worse' } } },
      },
    },
    confirming: {
      on: {
        confirmedUntil: { actions: 'confirmUntil' },
        confirmed: { target: 'releasing', actions: { type: 'result', params: { result: 'passed' } } },
        notRecovered: {
          target: 'releasing',
          actions: { type: 'result', params: { result: 'not_recovered' } },
        },
        inconclusive: [
          { guard: 'mayExtend', actions: 'extend' },
          { target: 'releasing', actions: { type: 'result', params: { result: 'inconclusive' } } },
        ],
        worse: { target: 'releasing', actions: { type: 'result', params: { result: 'worse' } } },
      },
    },
    undoing: {
      entry: 'beginUndoing',
      on: {
        done: [{ guard: 'lastUndo', target: 'releasing', actions: 'noteUndone' }, { actions: 'nextUndo' }],
        failed: { target: 'releasing', actions: 'noteTrouble' },
        inDoubt: { target: 'releasing', actions: ['noteTrouble', 'stayInDoubt'] },
      },
    },
    releasing: {
      entry: 'beginReleasing',
      always: { guard: 'nothingHeld', target: 'ended' },
      on: {
        done: [{ guard: 'lastHeld', target: 'ended' }, { actions: 'nextRelease' }],
        // What cannot be let go of is tried again until it is: the engine pages meanwhile.
        failed: { actions: ['noteTrouble', 'again'] },
        inDoubt: { actions: ['noteTrouble', 'again'] },
      },
    },
    ended: { type: 'final' },
  },
});

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

/** The nearest done step below `from` that can be undone, or that holds something. */
function next(context: RollbackContext, what: 'undoable' | 'holds', from: number): number | null {
  const below = context.done.filter((step) => step < from && context.steps[step]?.[what] === true);
  return below.length === 0 ? null : Math.max(...below);
}

function withGeneration(context: RollbackContext): readonly number[] {
  return Object.assign([...context.generations], { [context.index]: context.generation });
}

/** A result of an earlier phase, told again after a restart, changes nothing. */
function isPresent(context: RollbackContext, event: { readonly phase: number }): boolean {
  return event.phase === context.phase;
}
