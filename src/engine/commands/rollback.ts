import { causes } from '../../domain/incident.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer, PlanView } from '../../domain/ports/daemon.ts';
import type { IncidentInput } from '../../../state-machines/incident.context.ts';
import { hasBegun, newCase, stateOf, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import { dryRun } from '../dry-run.ts';
import { whyNotFor, type Wish } from '../judging.ts';
import { incidents } from '../machines.ts';
import { haltedBecause } from '../situation.ts';
import type { Turn } from '../turn.ts';
import type { Flow } from '../flow.ts';
import { accepted, afterApproval, findPlaybook, refused, unknownTarget } from './answers.ts';
import { otherPlan } from './open-question.ts';

type Rollback = Extract<Command, { do: 'rollback' }>;
/** With the playbook of the plan that it comes to now. */
type Shown = Rollback & { readonly shown: string };
type Approver = 'approver' | 'dba' | 'admin';

const others = 'it destroys data, so a DBA or two people have to approve it first';

/** A person's rollback is an approval in the same sense: guards that only ask are lifted, those that refuse refuse. */
export async function rollback(core: Core, command: Rollback, actor: Actor): Promise<CommandAnswer> {
  const { role } = actor;
  if (role !== 'approver' && role !== 'dba' && role !== 'admin')
    return refused(`${actor.name} is ${role} and may not roll back`);
  if (core.book.target(command.target) === null) return unknownTarget(core, command.target);
  const found = command.playbook === null ? { id: null } : findPlaybook(core, command.playbook);
  if ('accepted' in found) return found;
  const playbook = found.id;
  const halted = haltedBecause(core.parts, core.book);
  if (halted !== null) return refused(`nothing may start: ${halted}; rollbackd unhalt first`);
  const busy = whyBusy(core.book.on(command.target), command);
  if (busy !== null) return busy;
  const plan = await dryRun(core, { target: command.target, to: command.to, playbook });
  if (plan.refusal !== null) return refused(`no rollback of ${command.target}: ${plan.refusal}`);
  const { planDigest = plan.digest } = command;
  if (planDigest !== plan.digest)
    return refused(`the plan has changed since it was shown: ${planDigest} would now be ${plan.digest}`);
  const by = { name: actor.name, role };
  const answer = await core.turn((turn, flow) =>
    request(turn, flow, { ...command, playbook, shown: plan.playbook }, by),
  );
  return answer.accepted && takesOthers(plan, role)
    ? { ...answer, message: `${answer.message}; ${others}` }
    : answer;
}

/**
 * One rollback at a time: what a plan would look like meanwhile says nothing. One that waits for a fresh reading may
 * be told to go on, as it was begun.
 */
function whyBusy(open: Case | null, { to, playbook }: Rollback): CommandAnswer | null {
  if (open === null || !hasBegun(open) || open.incident.value === 'handed_over') return null;
  if (open.needsFreshReading && to === null && playbook === null) return null;
  const { id, target } = open.incident.context;
  return refused(`${id} is rolling ${target} back already`, id);
}

function takesOthers({ risk }: PlanView, role: Approver): boolean {
  return risk === 'destructive-data' && role === 'approver';
}

function request(turn: Turn, flow: Flow, command: Shown, by: Wish['by']): CommandAnswer {
  const { name } = by;
  const open = flow.book.on(command.target);
  if (open !== null) return join(turn, flow, open, command, by);
  const input = inputFor(turn, flow, command, by);
  const refusal = refusalOf(flow, newCase(incidents.begin(input)), command, by);
  if (refusal !== null) return refused(refusal);
  const opened = flow.open(turn, input);
  turn.note(
    {
      type: 'request.rollback',
      message: `${name} asked for a rollback because of ${command.because}${command.note === '' ? '' : `: ${command.note}`}`,
      facts: { by: name },
    },
    opened,
  );
  return accepted(`${input.id}: rolling ${command.target} back`, input.id);
}

function inputFor(turn: Turn, flow: Flow, command: Rollback, by: Wish['by']): IncidentInput {
  const severity = causes[command.because];
  return {
    id: flow.parts.ids.next('i'),
    target: command.target,
    at: turn.at,
    origin: { by: 'person', ...by, cause: command.because },
    named: command.to,
    level: null,
    lead: { rule: `request/${command.because}`, severity },
    playbook: command.playbook,
  };
}

function refusalOf(flow: Flow, open: Case, command: Rollback, by: Wish['by']): string | null {
  const { target, to: named, playbook } = command;
  const why = whyNotFor(flow, open, { by, named, playbook });
  return why === null ? null : `no rollback of ${target}: ${why}`;
}

/** An incident that is open already takes the request as its approval. */
function join(turn: Turn, flow: Flow, open: Case, command: Shown, by: Wish['by']): CommandAnswer {
  const busy = whyBusy(open, command);
  if (busy !== null) return busy;
  const { id } = open.incident.context;
  if (open.incident.value === 'halted') return refused(`${id} waits: ${open.incident.context.reason}`, id);
  const refusal = otherPlanAsked(open, command) ?? refusalOf(flow, open, command, by);
  if (refusal !== null) return refused(refusal, id);
  // Who asks now has seen what is the matter: no reading has to confirm it.
  open.needsFreshReading = false;
  if (open.incident.value === 'rolling_back') return goOn(turn, open, command, by);
  if (answersTheQuestion(open, command)) {
    flow.approval(turn, open, {
      type: 'answered',
      at: turn.at,
      by: by.name,
      role: by.role,
      answer: 'approve',
      note: command.note,
    });
    return accepted(`${id}: ${afterApproval(open)}`, id);
  }
  const before = open.visits;
  flow.incident(turn, open, {
    type: 'approved',
    at: turn.at,
    by,
    reason: `${by.name} asked for a rollback because of ${command.because}`,
    request: { named: command.to, playbook: command.playbook ?? playbookShown(command) },
  });
  if (open.visits === before)
    return refused(
      `${id} is ${stateOf(open)} and cannot take the request now; look at rollbackd show ${id}`,
      id,
    );
  return accepted(`${id}: rolling ${command.target} back`, id);
}

/** A plan that was shown is the plan that is followed, whatever a level of the incident would do. */
function playbookShown({ planDigest, shown }: Shown): string | null {
  return planDigest === undefined ? null : shown;
}

/** Who names neither a release nor a playbook wants what is asked about. */
function answersTheQuestion({ incident, approval }: Case, { to, playbook }: Rollback): boolean {
  return incident.value === 'asking' && approval?.value === 'open' && to === null && playbook === null;
}

/** Why it is no answer to the open question, where it says which plan it is for. */
function otherPlanAsked(open: Case, command: Rollback): string | null {
  return answersTheQuestion(open, command) ? otherPlan(open, command.planDigest ?? null) : null;
}

/** What was begun before a restart, and has done nothing yet. */
function goOn(turn: Turn, open: Case, { because, target }: Rollback, { name }: Wish['by']): CommandAnswer {
  const { id } = open.incident.context;
  const message = `${name} asked for a rollback because of ${because}; it goes on without a fresh reading`;
  turn.touch(open);
  turn.note({ type: 'request.rollback', message, facts: { by: name } }, open);
  return accepted(`${id}: rolling ${target} back`, id);
}
