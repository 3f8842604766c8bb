import { causes } from '../../../domain/incident.ts';
import type { Command } from '../../../domain/command.ts';
import type { CommandAnswer, PlanView } from '../../../domain/ports/daemon.ts';
import type { Confirmation } from './confirmations.ts';
import { actorFor, refused, told, type Desk, type Outcome } from './desk.ts';
import { incidentLines, planLines, rowLine, statusLines } from './details.ts';
import type { Origin } from './interaction.ts';
import type { Needed } from './rights.ts';
import { helpLines, readTyped, type Typed } from './typed.ts';

const looking: Needed = { role: null, on: 'none', severity: null, risk: null };

/** Carries out what somebody typed, as far as they may. */
export async function takeCommand(desk: Desk, by: Origin, text: string): Promise<Outcome> {
  const typed = readTyped(text);
  const may = await actorFor(desk, by, 'wrong' in typed ? looking : neededFor(typed));
  if ('refused' in may) return refused(may.because, `Not done: ${may.refused}.`);
  if ('wrong' in typed) return told(`Not understood: ${typed.wrong}`);
  switch (typed.do) {
    case 'help':
      return told(helpLines.join('\n'));
    case 'status':
      return told(statusLines(await desk.daemon.status()).join('\n'));
    case 'incidents': {
      const rows = await desk.daemon.incidents({ limit: 10 });
      return told(rows.length === 0 ? 'There were no incidents.' : rows.map(rowLine).join('\n'));
    }
    case 'show':
      return showIncident(desk, by, typed.incident);
    case 'rollback':
      return askToConfirm(desk, by, typed);
    case 'halt':
    case 'unhalt':
    case 'freeze':
    case 'unfreeze':
      return outcomeOf(await desk.daemon.execute(typed satisfies Command, may.actor));
  }
}

/** One incident, to those who are named for its target. */
export async function showIncident(desk: Desk, by: Origin, id: string): Promise<Outcome> {
  const incident = await desk.daemon.incident(id);
  const on = incident === null ? 'none' : { target: incident.target };
  const may = await actorFor(desk, by, { ...looking, on });
  if ('refused' in may) return refused(may.because, `Not shown: ${may.refused}.`, incident?.id ?? null);
  return incident === null
    ? told('There is no such incident; /rollbackd incidents lists them.')
    : told(incidentLines(incident).join('\n'), incident.id);
}

/** Carries out a rollback that was typed before, if its plan is still the one that was shown. */
export async function takeConfirmation(desk: Desk, by: Origin, action: string, id: string): Promise<Outcome> {
  const confirmed = await desk.confirmations.use(id, by.user);
  if (confirmed === null)
    return refused(
      'confirmation',
      'Not done: that confirmation was used, is too old or is not yours. Type the command again.',
    );
  if (action !== 'confirm_rollback') return told(`Nothing was done to ${confirmed.target}.`);
  const { target, to, because, note } = confirmed;
  const plan = await desk.daemon.plan({ target, to, playbook: null });
  const may = await mayRollBack(desk, by, confirmed, plan);
  if ('refused' in may) return refused(may.because, `Not done: ${may.refused}.`);
  if (plan.refusal !== null) return refused('refused', `Not done: ${plan.refusal}.`);
  if (plan.digest !== confirmed.planDigest)
    return refused(
      'older_plan',
      'Not done: the plan has changed since it was shown. Type the command again.',
    );
  const { planDigest } = confirmed;
  const command = { do: 'rollback', target, to, because, note, playbook: null, planDigest } as const;
  return outcomeOf(await desk.daemon.execute(command, may.actor));
}

/**
 * Whether somebody may have a plan carried out for the cause that they name. It approves an incident that is open
 * already, so that nobody may do by a command what they may not by its buttons.
 */
async function mayRollBack(
  desk: Desk,
  by: Origin,
  wish: Pick<Confirmation, 'target' | 'because'>,
  plan: PlanView,
): ReturnType<typeof actorFor> {
  const needed = neededForPlan(wish, plan);
  const may = await actorFor(desk, by, needed);
  if ('refused' in may) return may;
  const [open] = await desk.daemon.incidents({ open: true, target: wish.target, limit: 1 });
  return open === undefined ? may : actorFor(desk, by, { ...needed, severity: open.severity });
}

type Rollback = Extract<Typed, { do: 'rollback' }>;

async function askToConfirm(desk: Desk, by: Origin, typed: Rollback): Promise<Outcome> {
  const { target, to, because, note } = typed;
  const plan = await desk.daemon.plan({ target, to, playbook: null });
  const may = await mayRollBack(desk, by, typed, plan);
  if ('refused' in may) return refused(may.because, `Not done: ${may.refused}.`);
  if (plan.refusal !== null) return refused('refused', `Not done: ${plan.refusal}.`);
  const confirmation: Confirmation = {
    user: by.user,
    target,
    to,
    because,
    note,
    planDigest: plan.digest,
  };
  const id = await desk.confirmations.keep(confirmation);
  if (id === null)
    return refused(
      'too_many',
      'Not done: too many rollbacks wait to be confirmed. Try again in some minutes.',
    );
  const say = [`Roll ${target} back because of ${because}?`, ...planLines(plan), 'Valid for five minutes.'];
  return {
    ...told(say.join('\n')),
    buttons: [
      { ...button('confirm_rollback', 'Roll back', id), style: 'danger' },
      button('confirm_cancel', 'Cancel', id),
    ],
  };
}

function neededFor(typed: Typed): Needed {
  switch (typed.do) {
    case 'help':
    case 'status':
    case 'incidents':
    case 'show':
      return looking;
    case 'halt':
    case 'unhalt':
      return { role: 'operator', on: 'every target', severity: null, risk: null };
    case 'freeze':
    case 'unfreeze': {
      const on = typed.target === null ? 'every target' : { target: typed.target };
      return { role: 'operator', on, severity: null, risk: null };
    }
    case 'rollback':
      return { role: 'approver', on: { target: typed.target }, severity: causes[typed.because], risk: null };
  }
}

function neededForPlan(
  { target, because }: Pick<Confirmation, 'target' | 'because'>,
  plan: PlanView,
): Needed {
  return {
    role: 'approver',
    on: { target },
    severity: causes[because],
    risk: plan.refusal === null ? plan.risk : null,
  };
}

function outcomeOf({ accepted, message, incident }: CommandAnswer): Outcome {
  const say = accepted ? `Done: ${message}.` : `Not done: ${message}.`;
  return { ended: accepted ? 'accepted' : 'refused', because: 'command', say, incident, journaled: accepted };
}

function button(action: string, label: string, value: string) {
  return { type: 'button', action_id: action, value, text: { type: 'plain_text', text: label } };
}
