import type { CliCommand } from './command.ts';
import { packageVersion } from './package-version.ts';

/** Which rollbackd this is. */
export const command = {
  name: 'version',
  summary: 'Print the version',
  usage: 'version',
  takes: [],
  options: {},
  examples: ['rollbackd version --json'],
  run: ({ out, json }) => {
    const version = packageVersion();
    out(
      json
        ? JSON.stringify({ version, node: process.version })
        : `rollbackd ${version} (Node.js ${process.version})`,
    );
    return Promise.resolve(0);
  },
} satisfies CliCommand;
