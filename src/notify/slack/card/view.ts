import type { FiredLevel } from '../../../domain/incident.ts';
import type { Contact } from '../../../domain/notification.ts';
import type { IncidentView, PlanView, QuestionView } from '../../../domain/ports/daemon.ts';

/** All that a card is made of. */
export interface CardView {
  readonly incident: IncidentView;
  /** Named when a person owns the problem. */
  readonly contacts: readonly Contact[];
  /** Where the open question can be answered in a browser, without Slack; null where there is no such page. */
  readonly page: string | null;
  readonly now: number;
}

/** A question whose buttons count. */
export interface Asked {
  readonly question: QuestionView;
  readonly plan: PlanView;
}

/** The question that is open now, with the plan that it is about; null when nobody is asked. */
export function asked({ state, question, plan }: IncidentView): Asked | null {
  if (question === null || plan === null) return null;
  return state === 'asking' && question.state === 'open' ? { question, plan } : null;
}

/** The level that the incident follows: of its rule and, where that fired on several levels, of its severity. */
export function leadingLevel({ levels, rule, severity }: IncidentView): FiredLevel | null {
  const own = levels.filter((level) => level.rule === rule);
  return own.find((level) => level.severity === severity) ?? own[0] ?? null;
}

/** How far a rollback that goes on has come. `verifying`: every step is through. */
export function rollbackStage({ journal }: IncidentView): 'stepping' | 'undoing' | 'verifying' {
  const begun = journal.findLastIndex(({ type }) => type === 'rollback.begun');
  const types = new Set(journal.slice(begun + 1).map(({ type }) => type));
  if (types.has('rollback.undoing')) return 'undoing';
  return types.has('rollback.settling') ? 'verifying' : 'stepping';
}
