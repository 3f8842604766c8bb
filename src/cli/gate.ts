import { optionText, positional, type CliCommand } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Tells CI whether it may deploy. */
export const command = {
  name: 'gate',
  summary: 'May CI deploy now? Exit 0 yes, 1 no',
  usage: 'gate TARGET [--release RELEASE]',
  takes: ['TARGET'],
  options: { release: { type: 'string', value: 'RELEASE', help: 'the release to be deployed' } },
  examples: ['rollbackd gate backend && ./deploy.sh', 'rollbackd gate backend --release r-0a1b2c3d4e5f'],
  run: async (context) => {
    const target = positional(context, 0);
    const view = await context.api().gate(target, optionText(context, 'release'));
    const paint = painter(context.color);
    if (context.json) context.out(JSON.stringify(view));
    else if (view.open) context.out(`${paint.green('open')}  ${target} may be deployed`);
    else printable(view.reasons).forEach((reason) => context.err(`${paint.red('closed')}  ${reason}`));
    return view.open ? 0 : 1;
  },
} satisfies CliCommand;
