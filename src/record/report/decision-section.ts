import type { GuardName } from '../../domain/incident.ts';
import type { IncidentView, QuestionView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { counted, spaced, utc, utcTime } from './course.ts';
import { table, text, type Block, type Fact, type Line, type Section } from './document.ts';

/** What was decided and what objected; what people were asked, and who answered when. */
export function decisionSection(incident: IncidentView): Section {
  return {
    title: 'Decision',
    blocks: [...decisionBlocks(incident), ...questionBlocks(incident)],
  };
}

function decisionBlocks({ decision, reason }: IncidentView): readonly Block[] {
  if (decision === null) return [text('No decision is recorded: ', reason, '.')];
  const { action, wanted, objections } = decision;
  const said = action === wanted ? '' : `; the matrix wanted ${verb[wanted]}`;
  const facts: readonly Fact[] = [
    { name: 'Decided', value: [`${verb[action]}${said}`] },
    { name: 'Because', value: [decision.reason] },
    ...(decision.playbook === null ? [] : [{ name: 'Playbook', value: [{ code: decision.playbook }] }]),
  ];
  const rows = objections.map(({ guard, weakens, approval, reason: why }): readonly Line[] => [
    [guardWord(guard)],
    [spaced(weakens)],
    [approvalWords[approval]],
    [why],
  ]);
  return [
    { kind: 'facts', numbered: false, facts },
    rows.length === 0
      ? text('No guard objected.')
      : table(['Guard', 'Made of it', 'An approval', 'Objection'], rows),
  ];
}

const verb = {
  rollback: 'roll back',
  ask: 'ask people',
  investigate: 'tell people until they acknowledge',
  monitor: 'record only',
  hand_over: 'hand over',
} as const satisfies Record<NonNullable<IncidentView['decision']>['action'], string>;

const approvalWords = {
  lifts: 'lifts it',
  refused: 'is refused',
  needs_release: 'names the release',
  needs_dba: 'needs a DBA or two people',
} as const;

function guardWord(guard: GuardName): string {
  return guard.replaceAll('_', ' ');
}

/** Every answer of any question of the incident stands in the journal. */
const answering = /^(?:question\.|answer\.refused$)/;

function questionBlocks({ question, journal, openedAt }: IncidentView): readonly Block[] {
  const told = journal.filter(({ type }) => answering.test(type));
  if (question === null && told.length === 0) return [];
  const rows = shortened(told).map(({ at, message }): readonly Line[] => [
    [utcTime(at, openedAt)],
    [message],
  ]);
  return [
    { kind: 'heading', text: 'Question' },
    ...(question === null
      ? []
      : [{ kind: 'facts' as const, numbered: false, facts: questionFacts(question) }]),
    ...(rows.length === 0 ? [] : [table(['UTC', 'What was said'], rows)]),
  ];
}

function questionFacts(question: QuestionView): readonly Fact[] {
  const { askedAt, dueAt, otherwise, needs, answers, planDigest, state, endedBecause } = question;
  const who = needs.role === 'dba' ? 'a DBA' : counted(needs.people, 'approver');
  return [
    {
      name: 'Asked',
      value: [`${utc(askedAt)}, until ${utc(dueAt)}; without an answer: ${spaced(otherwise)}`],
    },
    { name: 'About plan', value: [{ code: planDigest }] },
    { name: 'Needed', value: [needs.role === 'dba' && needs.people > 1 ? `${who}, or two people` : who] },
    {
      name: 'Answers',
      value: [
        answers.length === 0
          ? 'none'
          : answers.map(({ by, answer, at }) => `${by} said ${spaced(answer)} at ${utc(at)}`).join('; '),
      ],
    },
    { name: 'State', value: [endedBecause === '' ? spaced(state) : `${spaced(state)}: ${endedBecause}`] },
  ];
}

/** Somebody who tries again and again must not make the report unreadable. */
function shortened(entries: readonly Entry[]): readonly Entry[] {
  const most = 40;
  if (entries.length <= most) return entries;
  return [...entries.slice(0, most / 2), ...entries.slice(-most / 2)];
}
