/** Transitions that several states of an incident share. */

/** Every level recovered by itself. */
export const recoveredWhole = {
  guard: 'allRecovered',
  target: 'closed',
  actions: ['drop', 'sayWhatWasDone', { type: 'outcome', params: { outcome: 'recovered' } }],
} as const;

/** It is only recorded. */
export const toMonitoring = {
  guard: { type: 'wants', params: { action: 'monitor' } },
  target: 'monitoring',
} as const;

/** People are told until they acknowledge. */
export const toInvestigating = {
  guard: { type: 'wants', params: { action: 'investigate' } },
  target: 'investigating',
} as const;

/** The instant of a person's answer, or of the end of the wait for one. */
export const answered = { type: 'mark', params: { mark: 'answeredAt' } } as const;

/** What an approval changes. */
export const approval = ['approve', 'because', answered] as const;

/** What led recovered, and another level fires on. */
export const otherLeads = { guard: 'leadChanged', target: 'judging', actions: 'drop' } as const;

/** A request that came to nothing: no signal would ever end it. What was begun is left to a person. */
export const nothingToWaitFor = [
  { guard: 'nothingFiresAfterEffects', target: 'handed_over' },
  {
    guard: 'nothingFires',
    target: 'closed',
    actions: { type: 'outcome', params: { outcome: 'withdrawn' } },
  },
] as const;

/** Its rule or its target is gone. */
export const withdrawal = {
  target: 'closed',
  actions: ['because', { type: 'outcome', params: { outcome: 'withdrawn' } }],
} as const;

/** A person takes it on before anything was begun, or between two playbooks. */
export const takeOver = { target: 'handed_over', actions: ['because', 'forgetApproval'] } as const;
