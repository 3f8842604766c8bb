import type { Contact } from '../../../domain/notification.ts';
import type { IncidentView, PlanView, QuestionView } from '../../../domain/ports/daemon.ts';
import type { Risk } from '../../../domain/plan.ts';
import { formatDuration } from '../../../domain/time.ts';
import { asked, rollbackStage } from './view.ts';

/** Words for people who were just woken up. */

/** Where an incident stands, in a few words, for the first line. */
export function headline(incident: IncidentView): string {
  switch (incident.state) {
    case 'asking':
      return askingHeadline(incident);
    case 'starting':
      return 'the rollback starts';
    case 'rolling_back':
      return rollingHeadlines[rollbackStage(incident)];
    case 'monitoring':
      return incident.question?.state === 'rejected' ? 'rollback rejected, only watched' : 'only watched';
    case 'investigating':
      return 'somebody has to look at it';
    case 'halted':
      return 'halted, nothing starts';
    case 'handed_over':
      return 'handed over, a person has to act';
    case 'closed':
      return closedHeadline(incident);
    default:
      return 'being judged';
  }
}

const rollingHeadlines: Readonly<Record<ReturnType<typeof rollbackStage>, string>> = {
  stepping: 'rolling back',
  undoing: 'a step failed, undoing the rollback',
  verifying: 'rolled back, being verified',
};

function askingHeadline(incident: IncidentView): string {
  const open = asked(incident);
  if (open === null) return 'being judged';
  return open.question.answers.length > 0 ? 'one more approval is needed' : 'your answer is needed';
}

function closedHeadline({ outcome, marks, openedAt, closedAt }: IncidentView): string {
  const took = formatDuration((closedAt ?? openedAt) - (marks.breachedAt ?? openedAt));
  switch (outcome) {
    case 'recovered':
      return marks.firstEffectAt === null ? `recovered by itself after ${took}` : `recovered after ${took}`;
    case 'rolled_back':
      return `rolled back and verified after ${took}`;
    case 'withdrawn':
      return `withdrawn after ${took}`;
    case 'handed_over':
      return `closed by people after ${took}`;
    case null:
      return `closed after ${took}`;
  }
}

/** What the plan comes to: `rollback of backend from shop:2 → shop:1`. */
export function wayBack({ target, from, to, playbook }: PlanView): string {
  if (to === null) return `playbook ${playbook} on ${target}`;
  return `rollback of ${target} ${from === null ? 'to' : `from ${from.name} →`} ${to.name}`;
}

/** What a risk means for those who use the target. */
export const riskWords: Readonly<Record<Risk, string>> = {
  safe: 'safe: nothing is interrupted',
  disruptive: 'disruptive: the service may be interrupted for a short time',
  'destructive-data': 'DESTROYS DATA: what is lost cannot be brought back by rollbackd',
};

/** What happens to a question that nobody answers. */
export function otherwiseWords(otherwise: string): string {
  switch (otherwise) {
    case 'rollback':
      return 'it is rolled back by itself, as planned here';
    case 'monitor':
      return 'nothing is rolled back, it stays broken and is only watched';
    case 'investigate':
      return 'nothing is rolled back, it stays broken and people are reminded until somebody takes it';
    default:
      return 'nothing is rolled back, it stays broken until a person acts: rollbackd hands it over';
  }
}

/** Whose answer is needed. */
export function needsWords({ people, role }: QuestionView['needs']): string {
  const distinct = `${people} different approvers`;
  if (role === 'dba') return people > 1 ? `one DBA or ${distinct}` : 'one DBA';
  return people === 1 ? 'one approver' : distinct;
}

/** What an answer says, of the person who gave it. */
export const answerWords: Readonly<Record<QuestionView['answers'][number]['answer'], string>> = {
  approve: 'approved',
  reject: 'rejected',
  hand_over: 'handed it over',
};

export const roleWords: Readonly<Record<Contact['role'], string>> = {
  on_call: 'on call',
  tech_lead: 'tech lead',
  dba: 'DBA',
  devops: 'DevOps',
};
