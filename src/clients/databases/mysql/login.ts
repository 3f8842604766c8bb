import type { Database } from '../../../domain/data-store.ts';
import { RollbackError } from '../../../domain/errors.ts';
import type { PipedResult } from '../../process/piped.ts';
import type { Login } from '../tools.ts';

/** A server may answer any statement by asking for a file of the client; not all tools know the option. */
const noLocalFiles = 'loose-local-infile=0';

/** How the tools of MySQL and MariaDB log in, with no password among their arguments. */
export function loginOf({ host, port, user, password, tls }: Database): Login {
  const lines = [
    '[client]',
    `host=${optionValue(host)}`,
    `port=${port}`,
    'protocol=tcp',
    ...(user === null ? [] : [`user=${optionValue(user)}`]),
    ...(password === null ? [] : [`password=${optionValue(password.reveal())}`]),
    ...(tls ? ['ssl', 'loose-ssl-verify-server-cert'] : []),
    noLocalFiles,
  ];
  return {
    file: `${lines.join('\n')}\n`,
    // No other option file, of this machine or of a user, has a say.
    told: (path) => ({ args: [`--defaults-file=${path}`] }),
    inside: {
      args: [
        '--no-defaults',
        `--host=${host}`,
        `--port=${port}`,
        '--protocol=tcp',
        ...(user === null ? [] : [`--user=${user}`]),
        ...(tls ? ['--ssl', '--loose-ssl-verify-server-cert'] : []),
        `--${noLocalFiles}`,
      ],
      env: password === null ? {} : { MYSQL_PWD: password.reveal() },
    },
  };
}

function optionValue(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}

/** What a tool said at its end, which was not a good one. */
export function toolFailed(tried: string, { name }: Database, result: PipedResult): RollbackError {
  const how = result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`;
  const said = result.said.trim().split('\n').slice(-3).join(' | ');
  return new RollbackError('REFUSED', `could not ${tried} ${name}: ${how}${said === '' ? '' : `: ${said}`}`, {
    exitCode: result.exitCode,
  });
}
