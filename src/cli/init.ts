import { join } from 'node:path';
import type { writeStarter } from '../app/starter/starter.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { CliCommand } from './command.ts';
import { painter } from './paint.ts';

/** Writes a configuration to begin with. */
export const command = {
  name: 'init',
  summary: 'Write a commented configuration to begin with',
  usage: 'init [DIR]',
  takes: ['[DIR]'],
  options: {},
  examples: ['rollbackd init', 'rollbackd init /etc/rollbackd'],
  run: async (context) => {
    const { out, err, json, color } = context;
    const folder = context.positionals[0] ?? '.';
    const started = await startedIn(folder, context);
    const done = 'written' in started;
    if (json) out(JSON.stringify({ folder, ...started }));
    else if (done) {
      const paint = painter(color);
      for (const name of started.written) out(`${paint.green('wrote')}  ${join(folder, name)}`);
      nextLines(folder).forEach((line) => out(line));
    } else {
      err(
        `nothing was written; there already: ${started.there.map((name) => join(folder, name)).join(', ')}`,
      );
    }
    return done ? 0 : 1;
  },
} satisfies CliCommand;

async function startedIn(
  folder: string,
  context: Parameters<typeof writeStarter>[1],
): Promise<ReturnType<typeof writeStarter>> {
  const { writeStarter } = await import('../app/starter/starter.ts');
  try {
    return writeStarter(folder, context);
  } catch (cause) {
    throw new RollbackError('USAGE', `init: cannot write into ${folder}: ${messageOf(cause)}`, {}, { cause });
  }
}

function nextLines(folder: string): readonly string[] {
  const main = join(folder, 'rollbackd.yaml');
  const next = [
    [`rollbackd check ${main}`, 'what is wrong with it'],
    [`rollbackd test ${join(folder, 'rules')}`, 'what its rules do, on a simulated clock'],
    [`rollbackd run --config ${main}`, 'the daemon; it tells, and does not act yet'],
    ['rollbackd status', 'what the daemon sees'],
  ] as const;
  const width = Math.max(...next.map(([line]) => line.length));
  return [
    '',
    'Put your own container, address and thresholds into it. Then:',
    ...next.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`),
  ];
}
