import type { Decision, Objection } from '../domain/incident.ts';
import type { Situation } from '../domain/situation.ts';
import { objectionsTo } from './objections.ts';
import { reasonForPerson, reasonWithoutGuards, reasonWithGuards } from './reason.ts';
import { weaken, type Weakened } from './weaken.ts';

type Verdict = Pick<Decision, 'action' | 'objections' | 'reason'>;

/**
 * What becomes of an incident: what its level wants, weakened by every guard that objects.
 *
 * With a person in the situation it says whether that person's approval makes it a rollback: it does when every
 * objection lifts. Otherwise the action stays what it was, and the objections are those that refuse.
 */
export function judge(situation: Situation): Decision {
  const { want } = situation;
  const acts = want.action === 'rollback' || want.action === 'ask';
  const objections = acts ? objectionsTo(situation) : [];
  const verdict = acts ? weigh(situation, objections) : leave(situation);
  return {
    ...verdict,
    wanted: want.action,
    halted: objections.some(({ weakens }) => weakens === 'wait'),
    playbook: acts ? (want.playbook ?? situation.target.playbook) : null,
    withinMs: situation.withinMs,
    // What a guard turned into a question may not become a rollback because nobody answered.
    otherwise:
      situation.otherwise === 'rollback' && objections.length > 0 ? 'hand_over' : situation.otherwise,
    needs: needsOf(situation),
  };
}

function leave(situation: Situation): Verdict {
  return { action: situation.want.action, objections: [], reason: reasonWithoutGuards(situation) };
}

function weigh(situation: Situation, objections: readonly Objection[]): Verdict {
  const automatic = weaken(situation.want.action, objections);
  if (situation.person === null) return { ...automaticVerdict(situation, automatic), objections };
  const refusing = objections.filter(({ approval }) => approval !== 'lifts');
  const reason = reasonForPerson(situation, situation.person, objections, refusing);
  if (refusing.length === 0) return { action: 'rollback', objections, reason };
  return { action: automatic.action, objections: refusing, reason };
}

function automaticVerdict(situation: Situation, weakened: Weakened): Pick<Decision, 'action' | 'reason'> {
  const { action, by, because } = weakened;
  // A question that a guard would ask for too is the level's own.
  const unchanged = by === null || (by === 'ask' && situation.want.action === 'ask');
  const reason = unchanged ? reasonWithoutGuards(situation) : reasonWithGuards(situation, by, because);
  return { action, reason };
}

function needsOf({ risk }: Situation): Decision['needs'] {
  return risk === 'destructive-data' ? { people: 2, role: 'dba' } : { people: 1, role: 'approver' };
}
