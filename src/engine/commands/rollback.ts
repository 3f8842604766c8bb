import { causes, type Objection } from '../../domain/incident.ts';
import type { Severity } from '../../domain/rule.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { CommandAnswer, PlanView } from '../../domain/ports/daemon.ts';
import type { IncidentInput } from '../../../state-machines/incident.context.ts';
import { hasBegun, newCase, stateOf, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import { dryRun } from '../dry-run.ts';
import { overriddenBy, whyNotFor, type Wish } from '../judging.ts';
import { incidents } from '../machines.ts';
import { haltedBecause } from '../situation.ts';
import type { Note, Turn } from '../turn.ts';
import type { Flow } from '../flow.ts';
import { accepted, afterApproval, findPlaybook, refused, unknownTarget } from './answers.ts';
import { otherPlan } from './open-question.ts';

/** What a person asks for, and how bad that is. */
export interface Asking extends Pick<
  Extract<Command, { do: 'rollback' }>,
  'target' | 'to' | 'playbook' | 'note' | 'planDigest'
> {
  readonly because: string;
  readonly severity: Severity;
  /** An emergency: what it goes before is journaled, and an incident that is open becomes as severe. */
  readonly emergency: boolean;
}

/** With the playbook of the plan that it comes to now. */
type Shown = Asking & { readonly shown: string };
type Approver = 'approver' | 'dba' | 'admin';

const others = 'it destroys data, so a DBA or two people have to approve it first';

/** A person's rollback is an approval in the same sense: guards that only ask are lifted, those that refuse refuse. */
export function rollback(
  core: Core,
  command: Extract<Command, { do: 'rollback' }>,
  actor: Actor,
): Promise<CommandAnswer> {
  return askRollback(core, { ...command, severity: causes[command.because], emergency: false }, actor);
}

/** The same for whatever a person asks it because of. */
export async function askRollback(core: Core, command: Asking, actor: Actor): Promise<CommandAnswer> {
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
function whyBusy(open: Case | null, { to, playbook, emergency }: Asking): CommandAnswer | null {
  if (open === null || !hasBegun(open) || open.incident.value === 'handed_over') return null;
  if (open.needsFreshReading && (emergency || (to === null && playbook === null))) return null;
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
  const overridden = overriddenBy(flow, newCase(incidents.begin(input)), wishOf(command, by));
  const opened = flow.open(turn, input);
  turn.note(requestNote(command, name, overridden), opened);
  return accepted(`${input.id}: rolling ${command.target} back`, input.id);
}

function inputFor(turn: Turn, flow: Flow, command: Asking, by: Wish['by']): IncidentInput {
  return {
    id: flow.parts.ids.next('i'),
    target: command.target,
    at: turn.at,
    origin: { by: 'person', ...by, cause: command.because },
    named: command.to,
    level: null,
    lead: { rule: `request/${command.because}`, severity: command.severity },
    playbook: command.playbook,
  };
}

function refusalOf(flow: Flow, open: Case, command: Asking, by: Wish['by']): string | null {
  const why = whyNotFor(flow, open, wishOf(command, by));
  return why === null ? null : `no rollback of ${command.target}: ${why}`;
}

function wishOf({ to: named, playbook }: Asking, by: Wish['by']): Wish {
  return { by, named, playbook };
}

/** What an emergency goes before is said with who went before it. */
function requestNote(
  { emergency, because, note }: Asking,
  name: string,
  overridden: readonly Objection[],
): Note {
  const why = note === '' ? '' : `: ${note}`;
  if (!emergency)
    return {
      type: 'request.rollback',
      message: `${name} asked for a rollback because of ${because}${why}`,
      facts: { by: name },
    };
  const before = overridden.map(({ reason }) => reason).join('; ');
  return {
    type: 'request.emergency',
    message: `${name} ordered an emergency rollback${why}${before === '' ? '' : `, going before this: ${before}`}`,
    facts: { by: name, overridden: overridden.map(({ guard }) => guard) },
  };
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
  const request = { named: command.to, playbook: command.playbook ?? playbookShown(command) };
  if (command.emergency)
    turn.note(requestNote(command, by.name, overriddenBy(flow, open, wishOf(command, by))), open);
  flow.incident(turn, open, {
    type: 'approved',
    at: turn.at,
    by,
    reason: `${by.name} asked for a rollback because of ${command.because}`,
    request: command.emergency ? { ...request, severity: command.severity } : request,
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
function answersTheQuestion({ incident, approval }: Case, { to, playbook }: Asking): boolean {
  return incident.value === 'asking' && approval?.value === 'open' && to === null && playbook === null;
}

/** Why it is no answer to the open question, where it says which plan it is for. */
function otherPlanAsked(open: Case, command: Asking): string | null {
  return answersTheQuestion(open, command) ? otherPlan(open, command.planDigest ?? null) : null;
}

/** What was begun before a restart, and has done nothing yet. */
function goOn(turn: Turn, open: Case, { because, target }: Asking, { name }: Wish['by']): CommandAnswer {
  const { id } = open.incident.context;
  const message = `${name} asked for a rollback because of ${because}; it goes on without a fresh reading`;
  turn.touch(open);
  turn.note({ type: 'request.rollback', message, facts: { by: name } }, open);
  return accepted(`${id}: rolling ${target} back`, id);
}
