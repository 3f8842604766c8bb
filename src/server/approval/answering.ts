import type { ApprovalPageEvent } from '../../domain/access.ts';
import type { Actor, Command } from '../../domain/command.ts';
import type { AskedView, Daemon, PlanView, QuestionView } from '../../domain/ports/daemon.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import type { Access } from '../server.ts';
import { includes } from '../tokens.ts';
import type { Attempts } from './attempts.ts';
import { confirmPage } from './confirm-page.ts';
import { filledIn, longestNote, type Filled, type PageAnswer } from './form.ts';
import { openLink } from './link.ts';
import { decidedBy, overPage } from './over-page.ts';
import { noSuchQuestion, plainPage, type Page } from './page.ts';
import { isPageToken, pageToken } from './page-token.ts';
import { questionPage, shownPlan, type Again, type Scene } from './question-page.ts';

export interface AnsweringParts {
  readonly daemon: Pick<Daemon, 'asked' | 'execute' | 'useCode' | 'refusedAccess'>;
  readonly access: Access;
  readonly vault: Pick<Vault, 'sign'>;
  readonly clock: Clock;
  readonly attempts: Attempts;
  readonly environment: string;
  readonly count: (event: ApprovalPageEvent) => void;
}

/** What a browser sent. */
export interface Sent {
  /** Last part of the link's path. */
  readonly link: string;
  readonly address: string;
  readonly body: unknown;
  /** Whether the browser says that its own page sent it. */
  readonly fromOwnPage: boolean;
}

/** The one sentence for a credential that does not count, whatever the reason. */
const wrongCredential =
  'That token or code cannot answer this question. Nothing was decided. Check it, or ask for a new code.';

/** The page behind a link. Looking changes nothing. */
export async function look(parts: AnsweringParts, link: string, confirming: boolean): Promise<Page> {
  const asked = await askedBehind(parts, link);
  if (asked === null) return noSuchQuestion;
  parts.count('shown');
  const scene = sceneOf(parts, link, asked);
  const question = openQuestion(asked);
  if (question === null) return overPage(scene);
  const plan = destructivePlan(asked);
  return confirming && plan !== null ? confirmPage(scene, plan) : questionPage(scene, question);
}

/** Takes an answer. @returns the page that says why it does not count; null when it does */
export async function take(
  parts: AnsweringParts,
  { link, address, body, fromOwnPage }: Sent,
): Promise<Page | null> {
  const asked = await askedBehind(parts, link);
  if (asked === null) return noSuchQuestion;
  if (!fromOwnPage) return forged(parts);
  const filled = filledIn(body);
  const scene = sceneOf(parts, link, asked);
  const question = openQuestion(asked);
  if (question === null) return late(parts, scene);
  const refuse = (status: number, notice: string): Page => {
    const again = { status, notice, note: filled.note.slice(0, longestNote) };
    return pageAgain(scene, question, filled, again);
  };
  if (!isPageToken(parts.vault, filled.csrf, { link, asked, now: parts.clock.now() })) {
    parts.count('refused');
    return refuse(409, outdated(scene));
  }
  const problem = problemIn(filled, asked);
  if (problem !== null || filled.answer === null) return refuse(422, problem ?? 'Choose one of the answers.');
  const actor = await whoIs(parts, asked, { credential: filled.credential, address });
  if (actor === 'throttled') return throttled(parts);
  if (actor === null) {
    strange(parts, address);
    return refuse(403, wrongCredential);
  }
  const { accepted, message } = await parts.daemon.execute(
    commandOf(filled.answer, asked, filled.note),
    actor,
  );
  parts.count(accepted ? 'answered' : 'refused');
  return accepted ? null : refusedByDaemon(parts, link, filled, message);
}

async function askedBehind(parts: AnsweringParts, link: string): Promise<AskedView | null> {
  const opened = openLink(parts.vault, link, parts.clock.now());
  const asked = opened === null ? null : await parts.daemon.asked(opened.ticket);
  if (asked === null) parts.count('no_such_link');
  return asked;
}

function sceneOf({ vault, clock, environment }: AnsweringParts, link: string, asked: AskedView): Scene {
  const now = clock.now();
  return { asked, environment, now, token: pageToken(vault, { link, asked, now }) };
}

function openQuestion({ current, ticket, incident: { question } }: AskedView): QuestionView | null {
  return current && question?.id === ticket.question && question.state === 'open' ? question : null;
}

function destructivePlan(asked: AskedView): PlanView | null {
  const plan = shownPlan(asked);
  return plan?.risk === 'destructive-data' ? plan : null;
}

/** The page that was answered from, again, with what went wrong on top. */
function pageAgain(scene: Scene, question: QuestionView, { answer, confirm }: Filled, again: Again): Page {
  const plan = destructivePlan(scene.asked);
  const confirming = plan !== null && (answer === 'approve' || confirm !== '');
  return confirming ? confirmPage(scene, plan, again) : questionPage(scene, question, again);
}

function forged({ count }: AnsweringParts): Page {
  count('forged');
  return plainPage(
    403,
    'Nothing was decided',
    'This answer did not come from the page of the question. Open the link again, and answer there.',
  );
}

function late({ count }: AnsweringParts, scene: Scene): Page {
  count('refused');
  const by = decidedBy(scene.asked, scene.now);
  return overPage(
    scene,
    by === null
      ? 'This question is over; your answer was not taken.'
      : `Already decided: ${by}. Your answer was not taken.`,
  );
}

function outdated({ asked, now }: Scene): string {
  const by = decidedBy(asked, now);
  const since =
    by === null ? 'This page was open for too long, or the question was changed since.' : `Meanwhile, ${by}.`;
  return `${since} Nothing was decided by you. Look again, and answer here.`;
}

function problemIn({ answer, confirm, credential, note }: Filled, asked: AskedView): string | null {
  const plan = destructivePlan(asked);
  if (answer === 'approve' && plan !== null && confirm !== plan.target)
    return 'Nothing was decided: to confirm, type the name of the target exactly as it stands here.';
  if (note.length > longestNote || /\p{Cc}/u.test(note))
    return `Nothing was decided: a note is one line of at most ${longestNote} characters.`;
  return credential === '' ? 'Nothing was decided: a token or a one-time code is needed.' : null;
}

function throttled({ count }: AnsweringParts): Page {
  count('throttled');
  return plainPage(
    429,
    'Too many wrong tries',
    'Nothing was decided. Wait a minute, then open the link again.',
  );
}

/** Tries are few enough to be journaled, because their number is limited. */
function strange({ count, daemon }: AnsweringParts, address: string): void {
  count('wrong_credential');
  daemon.refusedAccess({ source: address, why: 'unauthorized', count: 1, asked: 'POST /approve/:link' });
}

/**
 * Whose token or code it is, if that person may answer questions at all. A token counts however many wrong tries there
 * were, since nobody guesses one: who shares an address or a link with somebody who tries cannot be locked out.
 */
async function whoIs(
  { access, attempts, daemon }: AnsweringParts,
  { ticket }: AskedView,
  { credential, address }: { readonly credential: string; readonly address: string },
): Promise<Actor | 'throttled' | null> {
  const owner = access.whose(credential);
  if (owner !== null && includes(owner.role, 'approver')) return owner;
  const settle = attempts.begin(ticket.id, address);
  if (settle === null) return 'throttled';
  const code = credential.replaceAll(/[\s-]/g, '');
  if (owner !== null || !/^\d{8}$/.test(code)) return null;
  const actor = await daemon.useCode(ticket.id, code);
  if ('refused' in actor || !includes(actor.role, 'approver')) return null;
  settle();
  return actor;
}

/** An answer is for the plan of the ticket: for another one the daemon refuses it. */
function commandOf(
  answer: PageAnswer,
  { ticket: { id: ticket, incident, planDigest } }: AskedView,
  note: string,
): Command {
  switch (answer) {
    case 'approve':
    case 'reject':
      return { do: answer, incident, ticket, planDigest, note };
    case 'hand_over':
      return { do: 'hand_over', incident, ticket, note };
    case 'prolong':
      return { do: 'prolong', incident, ticket, planDigest };
  }
}

/** The question may have ended while the credential was looked at, so it is asked for again. */
async function refusedByDaemon(
  parts: AnsweringParts,
  link: string,
  filled: Filled,
  message: string,
): Promise<Page> {
  const asked = await askedBehind(parts, link);
  if (asked === null) return noSuchQuestion;
  const scene = sceneOf(parts, link, asked);
  const question = openQuestion(asked);
  const notice = `Refused: ${message}`;
  return question === null
    ? overPage(scene, notice)
    : pageAgain(scene, question, filled, { status: 409, notice, note: filled.note });
}
