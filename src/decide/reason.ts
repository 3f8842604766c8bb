import type { DecisionAction, Objection, Weakening } from '../domain/incident.ts';
import { nameRelease } from '../domain/release.ts';
import type { Situation } from '../domain/situation.ts';

/** What the daemon does when nothing objects, and why, in one sentence. */
export function reasonWithoutGuards(situation: Situation): string {
  const { severity, target, want } = situation;
  const trouble = `${severity.toUpperCase()} on ${target.name}`;
  const sentences: Record<DecisionAction, string> = {
    rollback: `rolls back: ${trouble}, ${wayOf(situation)}`,
    ask: `asks because ${trouble} is for people to decide: ${wayOf(situation)}`,
    investigate: `tells people: ${trouble} is to be investigated`,
    monitor: `records only: ${trouble} is to be monitored`,
    hand_over: `hands over: ${trouble} is for people to handle`,
  };
  return sentences[want.action];
}

/** What the guards made of it, and why, in one sentence. */
export function reasonWithGuards({ want }: Situation, by: Weakening, because: readonly Objection[]): string {
  return `${verbOf(by, want.action)} because ${reasonsOf(because)}`;
}

/** What a person's approval comes to, in one sentence. */
export function reasonForPerson(
  situation: Situation,
  person: NonNullable<Situation['person']>,
  objections: readonly Objection[],
  refusing: readonly Objection[],
): string {
  if (refusing.length > 0)
    return `refuses ${person.name}'s approval because ${refusing.map(remedy).join('; and ')}`;
  const though = objections.length === 0 ? '' : `, though ${reasonsOf(objections)}`;
  return `rolls back: ${person.name} approved it, ${wayOf(situation)}${though}`;
}

function wayOf({ needsRelease, candidate, current, target, want }: Situation): string {
  const playbook = ('playbook' in want ? want.playbook : null) ?? target.playbook;
  if (!needsRelease || candidate.release === null) return `by playbook ${playbook}`;
  const from = current === null ? '' : `from ${nameRelease(current)} `;
  return `${from}to ${nameRelease(candidate.release)}`;
}

function verbOf(by: Weakening, wanted: DecisionAction): string {
  const would = `would have ${wanted === 'ask' ? 'asked' : 'rolled back'}`;
  const verbs: Record<Weakening, string> = {
    wait: 'waits',
    hand_over: 'hands over',
    record: `${would}, but only records it`,
    tell: `${would}, but only tells people`,
    ask: 'asks',
  };
  return verbs[by];
}

function reasonsOf(objections: readonly Objection[]): string {
  return objections.map(({ reason }) => reason).join('; and ');
}

/** A refusal says what to do instead. */
function remedy({ guard, approval, reason }: Objection): string {
  if (approval === 'needs_release') return `${reason} (name another with --to)`;
  return guard === 'halt' ? `${reason} (unhalt first)` : reason;
}
