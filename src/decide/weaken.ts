import type { DecisionAction, Objection, Weakening } from '../domain/incident.ts';

/** Strongest first: what outweighs what when several guards object. */
const order: readonly Weakening[] = ['wait', 'hand_over', 'record', 'tell', 'ask'];

/** What each weakening leaves of a rollback or a question. While it waits, an incident is only recorded. */
const leaves: Record<Weakening, DecisionAction> = {
  wait: 'monitor',
  hand_over: 'hand_over',
  record: 'monitor',
  tell: 'investigate',
  ask: 'ask',
};

export interface Weakened {
  readonly action: DecisionAction;
  /** The weakening that counts; null when no guard objects. */
  readonly by: Weakening | null;
  /** Those that ask for it. */
  readonly because: readonly Objection[];
}

/** What the objections leave of what was wanted. */
export function weaken(wanted: DecisionAction, objections: readonly Objection[]): Weakened {
  const by = order.find((weakening) => objections.some(({ weakens }) => weakens === weakening)) ?? null;
  if (by === null) return { action: wanted, by, because: [] };
  return { action: leaves[by], by, because: objections.filter(({ weakens }) => weakens === by) };
}
