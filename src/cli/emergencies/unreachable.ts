import { RollbackError } from '../../domain/errors.ts';
import type { CliContext } from '../command.ts';
import { defaultUrl } from '../connection.ts';

/** What to do next where the daemon does not answer; every other error as it is. */
export function unreachable(error: unknown, { environment }: CliContext): unknown {
  if (!(error instanceof RollbackError) || error.code !== 'DAEMON_UNREACHABLE') return error;
  const url = environment['ROLLBACKD_URL'] || defaultUrl;
  const next = [
    error.message,
    'Next:',
    `  start the daemon (rollbackd run, or docker compose up --detach rollbackd where it is a sidecar) and say this again`,
    `  it listens elsewhere than ${url}: ROLLBACKD_URL=http://HOST:7390 rollbackd emergency`,
    '  a rollback that was under way goes on by itself once the daemon runs: rollbackd status',
    '  its commands by hand cannot be known without it: they stand in its last messages, and in your runbook',
  ];
  return new RollbackError('DAEMON_UNREACHABLE', next.join('\n'), {}, { cause: error });
}
