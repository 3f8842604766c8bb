import { causes } from '../../domain/incident.ts';
import type { Actor, Command, CommandAnswer } from '../../domain/ports/daemon.ts';
import type { IncidentInput } from '../../../state-machines/incident.context.ts';
import { hasBegun, newCase, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import { dryRun } from '../dry-run.ts';
import { whyNotFor, type Wish } from '../judging.ts';
import { incidents } from '../machines.ts';
import { haltedBecause } from '../situation.ts';
import type { Turn } from '../turn.ts';
import type { Flow } from '../flow.ts';
import { accepted, refused, unknownTarget } from './answers.ts';

type Rollback = Extract<Command, { do: 'rollback' }>;
type Approver = 'approver' | 'dba' | 'admin';

/** A person's rollback is an approval in the same sense: guards that only ask are lifted, those that refuse refuse. */
export async function rollback(core: Core, command: Rollback, actor: Actor): Promise<CommandAnswer> {
  const { role } = actor;
  if (role !== 'approver' && role !== 'dba' && role !== 'admin')
    return refused(`${actor.name} is ${role} and may not roll back`);
  if (core.book.target(command.target) === null) return unknownTarget(core, command.target);
  const playbook = command.playbook === null ? null : findPlaybook(core, command.playbook);
  if (command.playbook !== null && playbook === null)
    return refused(`there is no playbook ${command.playbook}`);
  const halted = haltedBecause(core.parts, core.book);
  if (halted !== null) return refused(`nothing may start: ${halted}; rollbackd unhalt first`);
  const plan = await dryRun(core, { target: command.target, to: command.to, playbook });
  if (plan.refusal !== null) return refused(`no rollback of ${command.target}: ${plan.refusal}`);
  return core.turn((turn, flow) => request(turn, flow, { ...command, playbook }, actor.name, role));
}

function request(turn: Turn, flow: Flow, command: Rollback, name: string, role: Approver): CommandAnswer {
  const open = flow.book.on(command.target);
  if (open !== null) return join(turn, flow, open, command, name, role);
  const input = inputFor(turn, flow, command, name, role);
  const refusal = refusalOf(flow, newCase(incidents.begin(input)), command, { name, role });
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

function inputFor(turn: Turn, flow: Flow, command: Rollback, name: string, role: Approver): IncidentInput {
  const severity = causes[command.because];
  return {
    id: flow.parts.ids.next('i'),
    target: command.target,
    at: turn.at,
    origin: { by: 'person', name, role, cause: command.because },
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
function join(
  turn: Turn,
  flow: Flow,
  open: Case,
  command: Rollback,
  name: string,
  role: Approver,
): CommandAnswer {
  const { id } = open.incident.context;
  if (hasBegun(open) && open.incident.value !== 'handed_over')
    return refused(`${id} is rolling ${command.target} back already`, id);
  if (open.incident.value === 'halted') return refused(`${id} waits: ${open.incident.context.reason}`, id);
  const refusal = refusalOf(flow, open, command, { name, role });
  if (refusal !== null) return refused(refusal, id);
  const asks = open.incident.value === 'asking' && open.approval?.value === 'open';
  if (asks && command.to === null && command.playbook === null) {
    flow.approval(turn, open, { type: 'answered', at: turn.at, by: name, role, answer: 'approve' });
    return accepted(`${id}: approved; the rollback starts`, id);
  }
  const before = open.incident.value;
  flow.incident(turn, open, {
    type: 'approved',
    at: turn.at,
    by: { name, role },
    reason: `${name} asked for a rollback because of ${command.because}`,
    request: { named: command.to, playbook: command.playbook },
  });
  if (open.incident.value === before)
    return refused(`${id} is ${before} and cannot take the request now; look at rollbackd show ${id}`, id);
  return accepted(`${id}: rolling ${command.target} back`, id);
}

function findPlaybook(core: Core, name: string): string | null {
  const names = Object.keys(core.book.configuration.playbooks);
  return names.find((known) => known === name) ?? names.find((known) => known.endsWith(`/${name}`)) ?? null;
}
