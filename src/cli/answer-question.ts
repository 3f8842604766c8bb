import { ask } from './answer.ts';
import { optionText, positional, type CliContext } from './command.ts';
import { columns } from './columns.ts';
import { printable } from './printable.ts';

/**
 * Approves or rejects. An answer belongs to one plan: without `--plan` it is the plan that is shown here, so that
 * a plan that changes meanwhile is not approved unseen.
 */
export async function answerQuestion(context: CliContext, answer: 'approve' | 'reject'): Promise<number> {
  const incident = positional(context, 0);
  const planDigest = optionText(context, 'plan') ?? (await shownDigest(context, incident));
  return ask(context, { do: answer, incident, planDigest, note: optionText(context, 'note') ?? '' });
}

async function shownDigest(context: CliContext, id: string): Promise<string | null> {
  const incident = await context.api().incident(id);
  if (incident === null || incident.question === null) return null;
  const { planDigest } = incident.question;
  // What would be approved is another plan than the one that could be shown: the daemon is to say so.
  if (incident.plan?.digest !== planDigest) return planDigest;
  if (context.json || incident.question.state !== 'open') return planDigest;
  const { playbook, from, to, steps } = printable(incident.plan);
  context.err(`plan ${planDigest} (${playbook}): ${from?.name ?? 'unknown'} → ${to?.name ?? 'none'}`);
  columns(
    steps.map((step, index) => [String(index + 1), step]),
    '  ',
  ).forEach((line) => context.err(line));
  return planDigest;
}
