import type { CliCommand } from './command.ts';

/** The live picture, for people in a terminal. */
export const command = {
  name: 'watch',
  summary: 'The live picture: incidents with their clocks, targets, readings; answers by keys',
  usage: 'watch [--once]',
  takes: [],
  options: { once: { type: 'boolean', help: 'print the picture and end, as where there is no terminal' } },
  examples: ['rollbackd watch', 'rollbackd watch --once'],
  run: async (context) => {
    if (context.json) {
      context.out(JSON.stringify(await context.api().status()));
      return 0;
    }
    // No other command needs any of it.
    const { runWatch } = await import('./watch/run-watch.ts');
    await runWatch(context, context.values['once'] === true);
    return 0;
  },
} satisfies CliCommand;
