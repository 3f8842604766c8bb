import { optionText, positional, type CliCommand } from './command.ts';
import { explainLines } from './explain-lines.ts';
import { optionInstant } from './instant.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Why a rule fires, or why not. */
export const command = {
  name: 'explain',
  summary: 'Why does a rule fire on a target, or why not?',
  usage: 'explain RULE [--target TARGET] [--at TIME]',
  takes: ['RULE'],
  options: {
    target: {
      type: 'string',
      short: 't',
      value: 'TARGET',
      help: 'the only target of the rule unless stated',
    },
    at: {
      type: 'string',
      value: 'TIME',
      help: 'an instant in the past: 2026-11-20T14:03:00Z, or e.g. 20m for 20 m ago',
    },
  },
  examples: [
    'rollbackd explain api-error-rate --target backend',
    'rollbackd explain layra/latency-p95 --target backend --at 20m',
  ],
  run: async (context) => {
    const view = await context.api().explain({
      rule: positional(context, 0),
      target: optionText(context, 'target'),
      at: optionInstant(context, 'at'),
    });
    if (context.json) {
      context.out(JSON.stringify(view));
      return 0;
    }
    const screen = { paint: painter(context.color), width: context.width, now: context.clock.now() };
    explainLines(printable(view), screen).forEach((line) => context.out(line));
    return 0;
  },
} satisfies CliCommand;
