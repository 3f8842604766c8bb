import type { Objection } from '../../domain/incident.ts';
import type { Situation } from '../../domain/situation.ts';

/** Looks at a situation and objects to a rollback, or not. Guards can only weaken; none of them knows another. */
export type Guard = (situation: Situation) => Omit<Objection, 'guard'> | null;
