import { assign, setup } from 'xstate';
import {
  beginRollback,
  isPresent,
  lastUndoable,
  mayHaveBrokenData,
  type RollbackContext,
  type RollbackEvent,
  type RollbackInput,
  type RollbackResult,
  withGeneration,
  withHeld,
  withTrouble,
} from './rollback.context.ts';

/**
 * One plan being carried out and verified.
 *
 *   stepping ─all done─▶ settling ─▶ checking (phase by phase) ─▶ confirming ─▶ releasing ─▶ ended (passed)
 *      │ ╲─halted─▶ paused ─▶ stepping      │                        │
 *      ├─failed─▶ undoing ─▶ releasing ─▶ ended (failed)             │
 *      ╰─in doubt─▶ releasing ─▶ ended (in_doubt)   ╰── failed, worse, undone, inconclusive ─▶ releasing ─▶ ended
 *
 * `releasing` lets go of what steps hold, on every path. In doubt about a step that replaces people's data, what earlier
 * steps hold stays held in `holding` until a person says that it may be let go of: writes would go into data of which
 * nobody knows the state. What that step itself holds is let go of before. Which effect is due follows from the state alone
 * (`dueEffect`), so a restored rollback goes on where it stood.
 */
export const rollbackVersion = 1;

/** What ends every part of verification at once. */
const interrupted = {
  worse: { target: 'releasing', actions: { type: 'result', params: { result: 'worse' } } },
  undone: { target: 'releasing', actions: { type: 'result', params: { result: 'undone' } } },
} as const;

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
      context.generation - context.firstGeneration < (context.steps[context.index]?.retries ?? 0),
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
    stillBlind: ({ context, event }) =>
      event.type === 'checked' && !event.passed && event.inconclusive && isPresent(context, event),
    mayExtend: ({ context }) => !context.extended,
    nothingToUndo: ({ context }) => lastUndoable(context, context.steps.length) === null,
    lastUndo: ({ context }) => lastUndoable(context, context.index) === null,
    nothingHeld: ({ context }) => context.held.length === 0,
    lastHeld: ({ context }) => context.held.length <= 1,
    holdsOn: ({ context }) => mayHaveBrokenData(context) && context.steps[context.index]?.holds !== true,
    waitsForWord: ({ context }) => (context.held.at(-2) ?? Infinity) < (context.doubted ?? -1),
  },
  actions: {
    noteDone: assign(({ context, event }) => ({
      done: [...context.done, context.index],
      held: withHeld(context),
      generations: withGeneration(context),
      lastEffectAt: event.at,
    })),
    // What nobody can tell about may be held, so it is let go of too.
    noteDoubt: assign(({ context }) => ({
      held: withHeld(context),
      generations: withGeneration(context),
      ...(mayHaveBrokenData(context) ? { doubted: context.index } : {}),
    })),
    advance: assign(({ context }) => ({ index: context.index + 1, generation: context.firstGeneration })),
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
    forgetExtension: assign({ extended: false }),
    extend: assign(({ event }) => ({
      extended: true,
      ...('extendTo' in event ? { dueAt: event.extendTo } : {}),
    })),
    confirmUntil: assign(({ event }) => (event.type === 'confirmedUntil' ? { dueAt: event.dueAt } : {})),
    beginUndoing: assign(({ context }) => ({ index: lastUndoable(context, context.steps.length) ?? 0 })),
    nextUndo: assign(({ context }) => ({
      index: lastUndoable(context, context.index) ?? 0,
      done: context.done.filter((step) => step !== context.index),
    })),
    noteUndone: assign(({ context }) => ({ done: context.done.filter((step) => step !== context.index) })),
    noteTrouble: assign(({ context, event }) => ({
      reason: 'reason' in event ? withTrouble(context.reason, event.reason) : context.reason,
    })),
    stayInDoubt: assign(({ context }) => ({
      result: 'in_doubt',
      ...(mayHaveBrokenData(context) ? { doubted: context.index } : {}),
    })),
    hearWord: assign({ doubted: null }),
    beginReleasing: assign(({ context }) => ({
      index: context.held.at(-1) ?? 0,
      generation: context.firstGeneration,
    })),
    noteReleased: assign(({ context }) => ({ held: context.held.slice(0, -1) })),
    nextRelease: assign(({ context }) => ({
      index: context.held.at(-2) ?? 0,
      held: context.held.slice(0, -1),
      generation: context.firstGeneration,
    })),
  },
}).createMachine({
  id: 'rollback',
  initial: 'stepping',
  context: ({ input }) => beginRollback(input),
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
        inDoubt: [
          {
            guard: 'holdsOn',
            target: 'holding',
            actions: ['noteDoubt', { type: 'result', params: { result: 'in_doubt' } }],
          },
          {
            target: 'releasing',
            actions: ['noteDoubt', { type: 'result', params: { result: 'in_doubt' } }],
          },
        ],
        halted: 'paused',
      },
    },
    paused: { on: { unhalted: 'stepping' } },
    settling: {
      entry: 'beginSettling',
      on: {
        settled: [{ guard: 'noPhases', target: 'confirming' }, { target: 'checking' }],
        ...interrupted,
      },
    },
    checking: {
      entry: 'beginPhase',
      on: {
        checked: [
          { guard: 'lastPhase', target: 'confirming', actions: 'forgetExtension' },
          { guard: 'passed', target: 'checking', reenter: true, actions: 'advancePhase' },
          { guard: 'blindPhase', target: 'checking', reenter: true, actions: 'extend' },
          {
            guard: 'stillBlind',
            target: 'releasing',
            actions: { type: 'result', params: { result: 'inconclusive' } },
          },
          {
            guard: 'notPassed',
            target: 'releasing',
            actions: { type: 'result', params: { result: 'not_verified' } },
          },
        ],
        ...interrupted,
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
        ...interrupted,
      },
    },
    undoing: {
      entry: 'beginUndoing',
      on: {
        done: [{ guard: 'lastUndo', target: 'releasing', actions: 'noteUndone' }, { actions: 'nextUndo' }],
        failed: { target: 'releasing', actions: 'noteTrouble' },
        inDoubt: [
          { guard: 'holdsOn', target: 'holding', actions: ['noteTrouble', 'stayInDoubt'] },
          { target: 'releasing', actions: ['noteTrouble', 'stayInDoubt'] },
        ],
      },
    },
    holding: { on: { letGo: { target: 'releasing', actions: 'hearWord' } } },
    releasing: {
      entry: 'beginReleasing',
      always: { guard: 'nothingHeld', target: 'ended' },
      on: {
        done: [
          { guard: 'waitsForWord', target: 'holding', actions: 'noteReleased' },
          { guard: 'lastHeld', target: 'ended', actions: 'noteReleased' },
          { actions: 'nextRelease' },
        ],
        letGo: { actions: 'hearWord' },
        // What cannot be let go of is tried again until it is: the engine pages meanwhile.
        failed: { actions: ['noteTrouble', 'again'] },
        inDoubt: { actions: ['noteTrouble', 'again'] },
      },
    },
    ended: { type: 'final' },
  },
});
