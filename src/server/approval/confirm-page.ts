import { markup } from '../../domain/markup.ts';
import type { PlanView } from '../../domain/ports/daemon.ts';
import { answerFields } from './form.ts';
import { from, type Page } from './page.ts';
import { move } from './evidence.ts';
import { footer, heading, notice, type Again, type Scene } from './question-page.ts';

/** The second page before data is destroyed: what is lost, and the target's name to be typed. */
export function confirmPage(scene: Scene, plan: PlanView, again: Again | null = null): Page {
  const { asked } = scene;
  const lost = plan.destroys.length === 0 ? plan.steps : plan.destroys;
  return {
    status: again?.status ?? 200,
    title: `Destroy data of ${plan.target}? · rollbackd`,
    body: markup`${again === null ? '' : notice(again.notice)}${heading(scene, markup`Destroy data of ${from(plan.target)}?`)}
<section class="panel notice" aria-labelledby="lost"><h2 id="lost">What is destroyed</h2>
<ul>${lost.map((step) => markup`<li>${from(step)}</li>`)}</ul><p>rollbackd cannot bring back what is lost by this.</p>${move(plan)}</section>
<form method="post" autocomplete="off" class="panel" aria-labelledby="answer"><h2 id="answer">Your approval</h2>
<input type="hidden" name="csrf" value="${scene.token}">
<label for="confirm">Type the name of the target: ${from(plan.target)}</label>
<input id="confirm" name="confirm" type="text" required autocomplete="off" autocapitalize="none" spellcheck="false">
${answerFields(asked.incident.id, again?.note ?? '')}
<button class="stop" type="submit" name="answer" value="approve">Approve: destroy this data</button>
<a class="button" href="?">Back, without approving</a></form>
${footer(asked)}`,
  };
}
