import { policyOf } from '../domain/environment.ts';
import type { Decision, GuardName } from '../domain/incident.ts';
import type { Book } from './book.ts';

/**
 * What only people answer, in every environment: what a person ordered or refused, and the brakes that keep a daemon
 * from going round in circles.
 */
const forPeople: readonly GuardName[] = ['freeze', 'rejected', 'repeat', 'cooldown', 'budget'];

/**
 * Answers a question at once where the policy of the environment says that nobody is asked. The decision says who
 * answered: it is nobody's approval, lifts nothing that only people may lift, and is charged like every rollback that
 * the daemon makes by itself.
 */
export function answeredByPolicy({ configuration }: Book, decision: Decision): Decision {
  if (decision.action !== 'ask' || policyOf(configuration).asks === 'people') return decision;
  if (decision.objections.some(({ guard }) => forPeople.includes(guard))) return decision;
  const { environment } = configuration;
  return {
    ...decision,
    action: 'rollback',
    answeredBy: environment,
    reason: `rolls back: answered by the policy of ${environment}, where nobody is asked; elsewhere it ${decision.reason}`,
  };
}

/** Who let a rollback start, for its first message. */
export function wordStarter(decision: Decision | null, approvedBy: { readonly name: string } | null): string {
  if (approvedBy !== null) return `approved by ${approvedBy.name}`;
  const policy = decision?.answeredBy ?? null;
  return policy === null ? 'automatically' : `answered by the policy of ${policy}`;
}
