import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Dialog, WatchState } from './state.ts';

type Doing = Dialog['command']['do'];

/** Asks a person to confirm what a key stands for, or says why it cannot be done now. */
export function confirming(state: WatchState, doing: Doing, at: number): WatchState {
  const why = whyNot(state);
  if (why !== null) return { ...state, notice: { text: why, tone: 'bad', at } };
  const dialog = doing === 'halt' ? halting(state) : answering(state, doing);
  return typeof dialog === 'string'
    ? { ...state, notice: { text: dialog, tone: 'bad', at } }
    : { ...state, dialog };
}

function whyNot({ lost, paused, sending }: WatchState): string | null {
  if (lost !== null) return 'not connected: nothing can be sent';
  if (paused !== null) return 'paused: what is shown may be over; f goes on';
  return sending ? 'the last answer is still under way' : null;
}

function halting({ picture: { status } }: WatchState): Dialog | string {
  if (status.halted !== null) return 'it is halted already; rollbackd unhalt lifts it';
  return {
    command: { do: 'halt', note: 'from rollbackd watch' },
    lines: [
      `HALT ${status.environment}: no effect starts on any target until somebody says rollbackd unhalt`,
      'what has been started goes on to its end; signals are still read',
    ],
    mustType: 'y',
    typed: '',
  };
}

/** An answer belongs to the plan that is on the screen. */
function answering(
  { picture: { incident }, selected }: WatchState,
  doing: Exclude<Doing, 'halt'>,
): Dialog | string {
  if (selected === null) return 'there is no open incident';
  if (incident === null) return `${selected} has not been read yet`;
  const { id, question, plan, target } = incident;
  if (question?.state !== 'open') return `nothing is asked about ${id}`;
  const base = { typed: '', lines: linesFor(incident, doing) };
  const note = 'from rollbackd watch';
  if (doing === 'hand_over')
    return { ...base, mustType: 'y', command: { do: 'hand_over', incident: id, note } };
  if (plan?.digest !== question.planDigest)
    return `the question about ${id} is about a plan that cannot be shown; rollbackd show ${id}`;
  const { planDigest } = question;
  const dangerous = doing === 'approve' && plan.risk === 'destructive-data';
  return {
    ...base,
    mustType: dangerous ? target : 'y',
    command: { do: doing, incident: id, planDigest, note },
  };
}

function linesFor({ id, target, plan }: IncidentView, doing: Exclude<Doing, 'halt'>): readonly string[] {
  if (doing === 'hand_over')
    return [`HAND OVER ${id}: ${target} is a person's from then on; nothing is rolled back`];
  if (doing === 'reject') return [`REJECT ${id}: ${target} stays as it is; it is only recorded from then on`];
  const from = plan?.from?.name ?? 'unknown';
  const to = plan?.to?.name ?? 'none';
  return [
    `APPROVE ${id}: roll ${target} back, ${from} → ${to} (plan ${plan?.digest ?? ''})`,
    ...(plan?.steps ?? []).map((step, index) => `${index + 1}  ${step}`),
    ...(plan?.risk === 'destructive-data' ? ['THIS PLAN CAN DESTROY DATA'] : []),
  ];
}
