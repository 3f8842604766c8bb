import { assign, setup } from 'xstate';

/**
 * One question to people about one plan of one incident.
 *
 *   open ─▶ approved | rejected      by an answer to exactly this plan; the first durable answer wins
 *    │ ╲──▶ expired                  nobody answered within the time
 *    ╰────▶ superseded | withdrawn   it became worse, or better, or the plan is void
 *
 * Answers after the end change nothing; the engine refuses them with the reason.
 */
export const approvalVersion = 1;

export interface Answer {
  readonly by: string;
  readonly role: 'approver' | 'dba' | 'admin';
  readonly answer: 'approve' | 'reject';
  readonly at: number;
}

export interface ApprovalInput {
  readonly id: string;
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
}

export type ApprovalEvent =
  | ({ readonly type: 'answered' } & Answer)
  | { readonly type: 'due'; readonly at: number }
  | { readonly type: 'prolonged'; readonly at: number; readonly dueAt: number }
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
    suffices: ({ context, event }) => event.type === 'answered' && suffices(context, event),
    over: ({ context, event }) => event.at >= context.dueAt,
  },
  actions: {
    note: assign(({ context, event }) =>
      event.type === 'answered' ? { answers: withAnswer(context, event) } : {},
    ),
    because: assign(({ event }) => ('reason' in event ? { endedBecause: event.reason } : {})),
    prolong: assign(({ event }) => (event.type === 'prolonged' ? { dueAt: event.dueAt } : {})),
  },
}).createMachine({
  id: 'approval',
  initial: 'open',
  context: ({ input }) => ({ ...input, answers: [], endedBecause: '' }),
  states: {
    open: {
      on: {
        answered: [
          { guard: 'rejects', target: 'rejected', actions: 'note' },
          { guard: 'suffices', target: 'approved', actions: 'note' },
          { actions: 'note' },
        ],
        due: { guard: 'over', target: 'expired' },
        prolonged: { actions: 'prolong' },
        superseded: { target: 'superseded', actions: 'because' },
        withdrawn: { target: 'withdrawn', actions: 'because' },
      },
    },
    approved: { type: 'final' },
    rejected: { type: 'final' },
    expired: { type: 'final' },
    superseded: { type: 'final' },
    withdrawn: { type: 'final' },
  },
});

function withAnswer(context: ApprovalContext, { by, role, answer, at }: Answer): readonly Answer[] {
  return [...context.answers.filter((earlier) => earlier.by !== by), { by, role, answer, at }];
}

/** Whether the answers, this one included, are enough: one of the role asked for, or enough distinct people. */
function suffices(context: ApprovalContext, answer: Answer): boolean {
  const approvals = withAnswer(context, answer).filter((given) => given.answer === 'approve');
  if (approvals.length >= context.needs.people) return true;
  return context.needs.role === 'dba' && approvals.some(({ role }) => role === 'dba' || role === 'admin');
}
