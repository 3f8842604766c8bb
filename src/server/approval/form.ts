import { markup, type Markup } from '../../domain/markup.ts';
import type { PlanView, QuestionView } from '../../domain/ports/daemon.ts';
import { from } from './page.ts';

/** What can be answered on the page. */
export const answers = ['approve', 'reject', 'hand_over', 'prolong'] as const;
export type PageAnswer = (typeof answers)[number];

/** What a page's form sent. */
export interface Filled {
  readonly answer: PageAnswer | null;
  readonly csrf: string;
  readonly credential: string;
  /** The target's name, typed to confirm that data is destroyed. */
  readonly confirm: string;
  readonly note: string;
}

export const longestNote = 500;
/** Longer than any token that we make or that fits a header. */
const longestField = 1_000;

/** Reads a form; of a field that is there twice nothing is taken. */
export function filledIn(body: unknown): Filled {
  const fields = body instanceof URLSearchParams ? body : new URLSearchParams();
  const field = (name: string): string => {
    const values = fields.getAll(name);
    const [value = ''] = values;
    return values.length === 1 && value.length <= longestField ? value : '';
  };
  return {
    answer: answers.find((known) => known === field('answer')) ?? null,
    csrf: field('csrf'),
    credential: field('credential').trim(),
    confirm: field('confirm').trim(),
    note: field('note').trim(),
  };
}

/** Fields for who answers and why. What was typed as a credential is never shown again. */
export function answerFields(incident: string, note: string): Markup {
  // The first button of a form is what Enter presses: this one does nothing, so that nothing is decided by accident.
  return markup`<button type="submit" disabled hidden></button>
<label for="credential">API token or one-time code</label>
<p class="soft small" id="credential-help">An admin makes a code of 8 digits: <code>rollbackd code ${from(incident)} --for YOU</code></p>
<input id="credential" name="credential" type="password" required autocomplete="one-time-code" autocapitalize="none" spellcheck="false" aria-describedby="credential-help">
<label for="note">Note <span class="soft">(optional)</span></label>
<input id="note" name="note" type="text" maxlength="${longestNote}" autocomplete="off" value="${note}">`;
}

/** One button for each answer that can be given now. */
export function buttons(question: QuestionView, plan: PlanView | null): Markup {
  return markup`${plan === null || question.halted !== null ? '' : approval(plan)}<button class="no" type="submit" name="answer" value="reject">Reject: leave it as it is</button>
<div class="more"><button type="submit" name="answer" value="hand_over">I take it over</button>${later(question)}</div>`;
}

/** Where data would be destroyed, approving has a page of its own, on which nothing else can be done. */
function approval({ risk }: PlanView): Markup {
  if (risk === 'destructive-data')
    return markup`<a class="button stop" href="?confirm">Approve … (one more page)</a>`;
  return markup`<button class="go" type="submit" name="answer" value="approve">Approve: roll back now</button>`;
}

function later({ prolongs }: QuestionView): Markup {
  if (prolongs <= 0) return markup`<button type="submit" disabled>No more time</button>`;
  return markup`<button type="submit" name="answer" value="prolong">10 more minutes</button>`;
}
