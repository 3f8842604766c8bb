import { assign, setup } from 'xstate';
import { sameName } from '../src/domain/names.ts';
import { MINUTE } from '../src/domain/time.ts';

/**
 * One question to people about one plan of one incident.
 *
 *   open ─▶ approved | rejected | handed_over   by an answer to exactly this plan; the first durable answer wins
 *    │ ╲──▶ expired                             nobody answered within the time, however often it was prolonged
 *    ╰────▶ superseded | withdrawn              it became worse, or better, or the plan is void
 *
 * Answers after the end change nothing; the engine refuses them with the reason.
 */
export const approvalVersion = 2;

/** How long a question is prolonged at a time: enough to fetch somebody, or to look at one more graph. */
export const prolongMs = 10 * MINUTE;
/**
 * How often people may prolong a question. What is broken stays broken meanwhile, and half an hour of it is about what
 * the runbooks give a whole incident.
 */
export const mostProlongs = 3;

export interface Answer {
  readonly by: string;
  readonly role: 'approver' | 'dba' | 'admin';
  readonly answer: 'approve' | 'reject' | 'hand_over';
  readonly at: number;
  /** What was said with it; may be empty. */
  readonly note: string;
}

/** A reminder of an open question: at half of its time, and shortly before its end. */
export type QuestionReminder = 'half' | 'end';

export interface ApprovalInput {
  readonly id: string;
  /** What its buttons and links carry; empty in a question of an earlier version, which has none. */
  readonly ticket: string;
  readonly incident: string;
  readonly planDigest: string;
  readonly askedAt: number;
  readonly dueAt: number;
  readonly otherwise: 'rollback' | 'monitor' | 'investigate' | 'hand_over';
  /** One answer of `role` or above, or `people` distinct approvers. */
  readonly needs: { readonly people: number; readonly role: 'approver' | 'dba' };
}

export interface ApprovalContext extends ApprovalInput {
  readonly answers: readonly Answer[];
  readonly endedBecause: string;
  /** How often people prolonged it. */
  readonly prolonged: number;
  /** Reminders that were given, or need not be given any more. */
  readonly reminded: readonly QuestionReminder[];
}

export type ApprovalEvent =
  | ({ readonly type: 'answered' } & Answer)
  | { readonly type: 'due'; readonly at: number }
  /** A person asks for more time. */
  | { readonly type: 'prolonged'; readonly at: number; readonly dueAt: number; readonly by: string }
  /** The daemon was away: that was not people's time. */
  | { readonly type: 'resumed'; readonly at: number; readonly dueAt: number }
  | { readonly type: 'reminded'; readonly at: number; readonly reminder: QuestionReminder }
  | { readonly type: 'superseded'; readonly at: number; readonly reason: string }
  | { readonly type: 'withdrawn'; readonly at: number; readonly reason: string };

export const approvalMachine = setup({
  types: {
    input: {} as ApprovalInput,
    context: {} as ApprovalContext,
    events: {} as ApprovalEvent,
  },
  guards: {
    rejects: ({ event }) => event.type === 'answered' && event.answer === 'reject',
    handsOver: ({ event }) => event.type === 'answered' && event.answer === 'hand_over',
    suffices: ({ context, event }) => event.type === 'answered' && suffices(context, event),
    over: ({ context, event }) => event.at >= context.dueAt,
    mayProlong: ({ context }) => context.prolonged < mostProlongs,
    isNew: ({ context, event }) => event.type === 'reminded' && !context.reminded.includes(event.reminder),
  },
  actions: {
    note: assign(({ context, event }) =>
      event.type === 'answered' ? { answers: withAnswer(context, event) } : {},
    ),
    because: assign(({ event }) => ('reason' in event ? { endedBecause: event.reason } : {})),
    // Its new end comes near in its turn.
    prolong: assign(({ context, event }) =>
      event.type === 'prolonged'
        ? { dueAt: event.dueAt, prolonged: context.prolonged + 1, reminded: withoutEnd(context) }
        : {},
    ),
    resume: assign(({ event }) => (event.type === 'resumed' ? { dueAt: event.dueAt } : {})),
    remind: assign(({ context, event }) =>
      event.type === 'reminded' ? { reminded: withReminder(context, event.reminder) } : {},
    ),
  },
}).createMachine({
  id: 'approval',
  initial: 'open',
  context: ({ input }) => ({ ...input, answers: [], endedBecause: '', prolonged: 0, reminded: [] }),
  states: {
    open: {
      on: {
        answered: [
          { guard: 'rejects', target: 'rejected', actions: 'note' },
          { guard: 'handsOver', target: 'handed_over', actions: 'note' },
          { guard: 'suffices', target: 'approved', actions: 'note' },
          { actions: 'note' },
        ],
        due: { guard: 'over', target: 'expired' },
        prolonged: { guard: 'mayProlong', actions: 'prolong' },
        resumed: { actions: 'resume' },
        reminded: { guard: 'isNew', actions: 'remind' },
        superseded: { target: 'superseded', actions: 'because' },
        withdrawn: { target: 'withdrawn', actions: 'because' },
      },
    },
    approved: { type: 'final' },
    rejected: { type: 'final' },
    handed_over: { type: 'final' },
    expired: { type: 'final' },
    superseded: { type: 'final' },
    withdrawn: { type: 'final' },
  },
});

/**
 * A question of version 1 as this version has it. Every state of then means the same now; it had no buttons, so it has
 * no ticket, and nobody could prolong it.
 */
export function fromVersion1(context: ApprovalContext): ApprovalContext {
  const answers = context.answers.map((answer) => ({ ...answer, note: '' }));
  return { ...context, ticket: '', answers, prolonged: 0, reminded: [] };
}

/** Who was told that the end is near need not be told that half of the time is over. */
function withReminder(
  { reminded }: ApprovalContext,
  reminder: QuestionReminder,
): readonly QuestionReminder[] {
  return reminder === 'end' ? ['half', 'end'] : [...reminded, reminder];
}

function withoutEnd({ reminded }: ApprovalContext): readonly QuestionReminder[] {
  return reminded.filter((reminder) => reminder !== 'end');
}

/** One name is one person, however it is written: who answers again has changed their mind. */
function withAnswer(context: ApprovalContext, given: Answer): readonly Answer[] {
  const { by, role, answer, at, note } = given;
  const others = context.answers.filter((earlier) => !sameName(earlier.by, by));
  return [...others, { by, role, answer, at, note }];
}

/** Whether the answers, this one included, are enough: one of the role asked for, or enough distinct people. */
function suffices(context: ApprovalContext, answer: Answer): boolean {
  const approvals = withAnswer(context, answer).filter((given) => given.answer === 'approve');
  if (approvals.length >= context.needs.people) return true;
  return context.needs.role === 'dba' && approvals.some(({ role }) => role === 'dba' || role === 'admin');
}
