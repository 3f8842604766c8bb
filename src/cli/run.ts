import { packageVersion } from './package-version.ts';
import { optionText, type CliCommand } from './command.ts';
import type { Variables } from '../domain/variables.ts';

/** The daemon itself. */
export const command = {
  name: 'run',
  summary: 'Start the daemon and keep it running',
  usage: 'run [--config FILE]',
  takes: [],
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      help: 'configuration; ROLLBACKD_CONFIG or /etc/rollbackd/rollbackd.yaml unless given',
    },
  },
  examples: ['rollbackd run --config deploy/rollbackd.yaml'],
  run: async (context) => {
    const { startDaemon } = await import('../app/start.ts');
    return startDaemon({
      ...context,
      version: packageVersion(),
      path: configPath(optionText(context, 'config'), context.environment),
    });
  },
} satisfies CliCommand;

/** Where the configuration is: as said, as the environment says, or the usual place. */
export function configPath(said: string | null, environment: Variables): string {
  return said ?? environment['ROLLBACKD_CONFIG'] ?? '/etc/rollbackd/rollbackd.yaml';
}
