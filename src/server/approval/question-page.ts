import { markup, type Markup } from '../../domain/markup.ts';
import type { AskedView, PlanView, QuestionView } from '../../domain/ports/daemon.ts';
import { broken, planned } from './evidence.ts';
import { answerFields, buttons } from './form.ts';
import { from, type Page } from './page.ts';
import { answerWords, clockTime, needsWords, otherwiseWords, spelled } from './words.ts';

/** What a page is made of. */
export interface Scene {
  readonly asked: AskedView;
  readonly environment: string;
  /** What its form sends back. */
  readonly token: string;
  readonly now: number;
}

/** What is said on top of a page that is shown again, and what was typed; never a credential. */
export interface Again {
  readonly status: number;
  readonly notice: string;
  readonly note: string;
}

/** The question, all that is needed to answer it, and the form that does. */
export function questionPage(scene: Scene, question: QuestionView, again: Again | null = null): Page {
  const { asked, now } = scene;
  const { incident } = asked;
  const plan = shownPlan(asked);
  const verb = plan !== null && plan.to !== null ? 'Roll back' : 'Act on';
  return {
    status: again?.status ?? 200,
    title: `${verb} ${incident.target}? · rollbackd`,
    body: markup`${again === null ? '' : notice(again.notice)}${heading(scene, markup`${verb} ${from(incident.target)}?`)}
${halted(question)}${deadline(question, now)}${broken(incident, now)}${plan === null ? changed() : planned(plan)}
<form method="post" autocomplete="off" class="panel" aria-labelledby="answer"><h2 id="answer">Your answer</h2>
<input type="hidden" name="csrf" value="${scene.token}">${who(question, now)}${answerFields(incident.id, again?.note ?? '')}${buttons(question, plan)}</form>
${footer(asked)}`,
  };
}

/** The plan that this question is about; null when the incident goes by another one now, which is none of its business. */
export function shownPlan({ ticket, incident: { plan } }: AskedView): PlanView | null {
  return plan !== null && plan.digest === ticket.planDigest ? plan : null;
}

/** Says on top of the page what went wrong. */
export function notice(text: string): Markup {
  return markup`<p class="panel notice" role="alert">${text}</p>`;
}

/** Where, and how grave. */
export function heading({ asked: { incident }, environment }: Scene, title: Markup): Markup {
  return markup`<header><p class="tag"><span class="${incident.severity}">${incident.severity.toUpperCase()}</span> <span class="soft">in ${from(environment)}</span></p><h1>${title}</h1></header>`;
}

/** What is behind the page, for those who want to look further. */
export function footer({ ticket, incident }: AskedView): Markup {
  return markup`<footer><p>Incident ${from(incident.id)}, plan ${from(ticket.planDigest)}. Everything about it: <code>rollbackd show ${from(incident.id)}</code></p></footer>`;
}

function deadline({ dueAt, otherwise }: QuestionView, now: number): Markup {
  const left = dueAt > now ? `${spelled(dueAt - now)} left` : 'The time is over';
  return markup`<p class="panel deadline"><b>Answer until <time datetime="${new Date(dueAt).toISOString()}">${clockTime(dueAt, now)}</time></b><br>${left}. If nobody answers, ${otherwiseWords(otherwise)}.</p>`;
}

function halted({ halted: why }: QuestionView): Markup {
  if (why === null) return markup``;
  return markup`<p class="panel notice">Nothing may start now: ${from(why)}. It can be approved once that is lifted (<code>rollbackd unhalt</code>); the time goes on meanwhile.</p>`;
}

function changed(): Markup {
  return markup`<p class="panel notice">The plan of this question holds no more, so it cannot be approved.</p>`;
}

function who({ needs, answers }: QuestionView, now: number): Markup {
  const given = answers.map(
    ({ by, answer, at }) => markup`<li>${from(by)} ${answerWords[answer]} at ${clockTime(at, now)}</li>`,
  );
  return markup`<p>${needsWords(needs)}</p>${given.length === 0 ? '' : markup`<ul>${given}</ul>`}`;
}
