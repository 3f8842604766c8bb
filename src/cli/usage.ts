import { commonOptions } from './arguments.ts';
import { columns } from './columns.ts';
import type { CliCommand, CliOption } from './command.ts';

/** What `rollbackd COMMAND --help` prints. */
export function commandHelp({ summary, usage, options, examples }: CliCommand): string[] {
  return [
    summary,
    '',
    `usage: rollbackd ${usage}`,
    '',
    'options:',
    ...columns(Object.entries({ ...options, ...commonOptions }).map(optionRow), '  '),
    '',
    'examples:',
    ...examples.map((example) => `  ${example}`),
  ];
}

function optionRow([name, { short, value, help }]: [string, CliOption]): string[] {
  const flag = `${short === undefined ? '    ' : `-${short}, `}--${name}`;
  return [value === undefined ? flag : `${flag} ${value}`, help];
}

/** What `rollbackd help` prints. */
export function overview(commands: Readonly<Record<string, CliCommand>>): string[] {
  return [
    'rollbackd watches production, and rolls back what a release broke.',
    '',
    'usage: rollbackd COMMAND [options]',
    '',
    'commands:',
    ...columns(
      Object.values(commands).map(({ name, summary }) => [name, summary]),
      '  ',
    ),
    '',
    'environment:',
    ...columns(
      [
        ['ROLLBACKD_URL', 'where the daemon listens (http://127.0.0.1:7390)'],
        ['ROLLBACKD_TOKEN_FILE', 'file that holds your token'],
        ['ROLLBACKD_CONFIG', 'configuration of run and check (/etc/rollbackd/rollbackd.yaml)'],
      ],
      '  ',
    ),
    '',
    'exit codes: 0 yes, 1 no or refused, 2 wrong usage, 3 daemon unreachable',
    '`rollbackd COMMAND --help` tells more about one.',
  ];
}
