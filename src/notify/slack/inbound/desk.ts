import type { ApproverGrant, Contact } from '../../../domain/notification.ts';
import type { Json } from '../../../domain/json.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import type { Daemon } from '../../../domain/ports/daemon.ts';
import type { Store } from '../../../domain/ports/store.ts';
import type { Confirmations } from './confirmations.ts';
import type { AskedQuestions } from './asked-questions.ts';
import type { Members } from './members.ts';
import type { Origin } from './interaction.ts';
import { rightsOf, type Needed, type RefusedBecause } from './rights.ts';
import type { Block } from './slack-calls.ts';

/** A fact for the journal that no event of the engine led to. */
export interface Remark {
  readonly type: 'answer.refused' | 'slack.refused';
  readonly message: string;
  readonly facts: Readonly<Record<string, Json>>;
  readonly incident: string | null;
}

/** What clicks and commands are worked on with. */
export interface Desk {
  readonly questions: AskedQuestions;
  readonly daemon: Pick<Daemon, 'execute' | 'status' | 'incidents' | 'incident' | 'plan'>;
  readonly store: Pick<Store, 'receive' | 'answered' | 'unanswered'>;
  readonly clock: Clock;
  readonly confirmations: Confirmations;
  readonly members: Pick<Members, 'asking'>;
  /** As they are now: both can be reloaded. */
  readonly approvers: () => readonly ApproverGrant[];
  readonly contacts: () => readonly Contact[];
}

/** What came of a click or a command. */
export interface Outcome {
  readonly ended: 'accepted' | 'refused' | 'told';
  /** A word for the counter. */
  readonly because: string;
  /** What the person is told, in plain text of several lines. */
  readonly say: string;
  readonly buttons?: readonly Block[];
  readonly incident: string | null;
  /** The engine, or nobody, has to journal it; otherwise the refusal is journaled here. */
  readonly journaled: boolean;
}

/** Who somebody is to rollbackd: the contact whose id it is, or the id itself. */
export function nameOf(user: string, contacts: readonly Contact[]): string {
  return contacts.find(({ slack }) => slack === user)?.name ?? `slack:${user}`;
}

/** Who acts, with the role that they have for what is needed; or why they may not. */
export async function actorFor(
  desk: Desk,
  { user }: Pick<Origin, 'user'>,
  needed: Needed,
): Promise<
  | { readonly actor: Parameters<Daemon['execute']>[1] }
  | { readonly refused: string; readonly because: RefusedBecause }
> {
  const rights = rightsOf(await desk.members.asking(user), desk.approvers(), needed);
  if ('refused' in rights) return rights;
  return { actor: { name: nameOf(user, desk.contacts()), role: rights.role } };
}

/** A refusal that is journaled here. */
export function refused(because: string, say: string, incident: string | null = null): Outcome {
  return { ended: 'refused', because, say, incident, journaled: false };
}

/** Something that was only looked at. */
export function told(say: string, incident: string | null = null): Outcome {
  return { ended: 'told', because: 'told', say, incident, journaled: true };
}
