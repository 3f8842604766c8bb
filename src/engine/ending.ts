import { controlKeys, type Cooldown, type RolledBack } from '../domain/controls.ts';
import { tallyOf } from '../domain/data-integrity.ts';
import { nameRelease } from '../domain/release.ts';
import { closeAnnouncing } from './announcing.ts';
import type { Case } from './case.ts';
import { integrityOf } from './integrity.ts';
import type { Moves } from './moves.ts';
import type { Turn } from './turn.ts';
import { closedNote, handedOverNote } from './words.ts';

/** A person owns the problem now: they are told the exact state and what they would run. */
export function handOver(flow: Moves, turn: Turn, open: Case): void {
  const { context } = open.incident;
  turn.note(handedOverNote(context, commandsByHand(flow, open)), open);
}

/** What a person would run for the rest of the plan. */
export function commandsByHand(flow: Pick<Moves, 'parts'>, open: Case): readonly string[] {
  const { plan } = open.incident.context;
  const done = open.rollback?.context.done ?? [];
  return (plan?.steps ?? [])
    .filter(({ index }) => !done.includes(index))
    .flatMap((step) => flow.parts.drivers[step.kind]?.byHand(step) ?? []);
}

/** Writes the ledger, the standing of the releases, and what the next decision must know. */
export function closeIncident(flow: Moves, turn: Turn, open: Case): void {
  const { context } = open.incident;
  open.closedAt = turn.at;
  if (context.outcome === 'rolled_back') noteRolledBack(flow, turn, open);
  settleCooldown(flow, turn, open);
  const integrity = integrityOf(open.effects.values());
  turn.note(
    closedNote(context, { at: turn.at, journalHead: flow.book.head, data: tallyOf(integrity) }),
    open,
  );
  const { configuration } = flow.book;
  turn.ledger(flow.parts.ledger({ context, configuration, closedAt: turn.at, integrity }));
  closeAnnouncing(flow.book, turn, context.id);
  flow.book.remove(open);
}

/** `bad` is set only here: by a rollback whose verification passed. */
function noteRolledBack(flow: Moves, turn: Turn, open: Case): void {
  const { id, target, plan } = open.incident.context;
  if (plan?.from === null || plan?.from === undefined || plan.to === null) return;
  const because = `rolled back to ${nameRelease(plan.to)} by incident ${id}`;
  turn.include(flow.parts.releases.setStanding(target, plan.from.id, 'bad', because, turn.at).commit);
  const mark: RolledBack = { incident: id, at: turn.at, from: plan.from.id, to: plan.to.id };
  turn.control(controlKeys.rolledBack(target), { ...mark });
}

/** Cooldown ends early for nobody: time must pass, and the incident must have been settled by success or a person. */
function settleCooldown(flow: Moves, turn: Turn, open: Case): void {
  const { id, target, outcome, acknowledgedBy, marks } = open.incident.context;
  const key = controlKeys.cooldown(target);
  const cooldown = flow.book.control<Cooldown>(key);
  if (cooldown === null || cooldown.incident !== id) return;
  const untouched = marks.firstEffectAt === null;
  if (outcome === 'rolled_back' || acknowledgedBy !== null || untouched)
    turn.control(key, { ...cooldown, settled: true });
}
