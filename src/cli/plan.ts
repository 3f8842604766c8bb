import { causes } from '../domain/incident.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import { optionText, positional, type CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { findingLines, planHead, stepTexts } from './plan-lines.ts';
import { printable } from './printable.ts';

/** A dry run. */
export const command = {
  name: 'plan',
  summary: 'Dry run: what would a rollback do, and would it be refused?',
  usage: 'plan TARGET [--to RELEASE] [--playbook NAME]',
  takes: ['TARGET'],
  options: {
    to: { type: 'string', value: 'RELEASE', help: 'which release; the last good one unless stated' },
    playbook: { type: 'string', value: 'NAME', help: "pack/name; the target's own unless stated" },
  },
  examples: ['rollbackd plan backend', 'rollbackd plan backend --to r-0a1b2c3d4e5f'],
  run: async (context) => {
    const target = positional(context, 0);
    const request = { target, to: optionText(context, 'to'), playbook: optionText(context, 'playbook') };
    const answer = await context.api().plan(request);
    const refused = answer.refusal !== null || answer.findings.some(({ level }) => level === 'refuse');
    if (context.json) {
      context.out(JSON.stringify(answer));
      return refused ? 1 : 0;
    }
    const plan = printable(answer);
    const paint = painter(context.color);
    const { width } = context;
    [
      ...planHead(plan, paint),
      ...stepTexts(plan.steps, width),
      ...findingLines(plan, paint, width),
      '',
    ].forEach((line) => context.out(line));
    context.out(
      refused
        ? `${paint.red('refused')}  ${plan.refusal ?? 'preflight objects; see above'}`
        : `nothing was changed; to do it: ${doing(request)}   (CAUSE: ${Object.keys(causes).join(', ')})`,
    );
    return refused ? 1 : 0;
  },
} satisfies CliCommand;

/** The command that does what was planned. */
function doing({ target, to, playbook }: Parameters<Daemon['plan']>[0]): string {
  const more = [to === null ? [] : ['--to', to], playbook === null ? [] : ['--playbook', playbook]].flat();
  return ['rollbackd rollback', target, '--because CAUSE', ...more].join(' ');
}
