import { markup, type Markup } from '../../domain/markup.ts';
import type { AskedView, QuestionView } from '../../domain/ports/daemon.ts';
import { from, type Page } from './page.ts';
import { footer, heading, notice, type Scene } from './question-page.ts';
import { answerWords, clockTime, otherwiseWords } from './words.ts';

/** What became of a question that is over: who decided and when, and how far things have come. */
export function overPage(scene: Scene, said: string | null = null): Page {
  const { asked } = scene;
  const question = ownQuestion(asked);
  const { target } = asked.incident;
  return {
    status: said === null ? 200 : 409,
    title: `${target}: ${ending(question)} · rollbackd`,
    body: markup`${said === null ? '' : notice(said)}${heading(scene, markup`${from(target)}: ${ending(question)}`)}
${question === null ? markup`<p class="panel">Another question has taken its place. Look for the newest message.</p>` : result(question, scene)}
${footer(asked)}`,
  };
}

/** `alice approved at 12:03 UTC`; null when no answer ended the question. */
export function decidedBy(asked: AskedView, now: number): string | null {
  const last = ownQuestion(asked)?.answers.at(-1);
  return last === undefined ? null : `${last.by} ${answerWords[last.answer]} at ${clockTime(last.at, now)}`;
}

/** The incident may be asking something else by now: that is for another link. */
function ownQuestion({ ticket, incident: { question } }: AskedView): QuestionView | null {
  return question?.id === ticket.question ? question : null;
}

function ending(question: QuestionView | null): string {
  if (question === null) return 'this question is over';
  switch (question.state) {
    case 'approved':
      return 'approved';
    case 'rejected':
      return 'rejected';
    case 'handed_over':
      return 'taken over by hand';
    case 'expired':
      return 'nobody answered in time';
    case 'withdrawn':
      return 'no answer is needed any more';
    default:
      return 'this question is over';
  }
}

function result(
  { state, answers, otherwise, endedBecause, dueAt }: QuestionView,
  { asked, now }: Scene,
): Markup {
  const given = answers.map(
    ({ by, answer, at }) =>
      markup`<li><b>${from(by)}</b> ${answerWords[answer]} at ${clockTime(at, now)}</li>`,
  );
  const people = given.length === 0 ? '' : markup`<ul>${given}</ul>`;
  const why = endedBecause === '' ? '' : markup`<p>${from(endedBecause)}</p>`;
  const late =
    state === 'expired'
      ? markup`<p>The time was over at ${clockTime(dueAt, now)}: ${otherwiseWords(otherwise)}.</p>`
      : '';
  return markup`<section class="panel done" aria-labelledby="result"><h2 id="result">What was decided</h2>${people}${why}${late}</section>
<section class="panel" aria-labelledby="now"><h2 id="now">How it stands</h2><p>${from(asked.incident.reason)}</p><p class="soft">${from(asked.incident.state.replaceAll('_', ' '))}</p></section>`;
}
