import { readFileSync } from 'node:fs';
import { apiClient, type DaemonApi } from '../clients/api/api-client.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import { Secret } from '../domain/secret.ts';
import { SECOND } from '../domain/time.ts';
import type { Variables } from '../domain/variables.ts';

export const defaultUrl = 'http://127.0.0.1:7390';

/**
 * The daemon that `ROLLBACKD_URL` and `ROLLBACKD_TOKEN_FILE` speak of.
 *
 * @throws RollbackError `USAGE` when one of them is wrong
 */
export function connect(environment: Variables, signal: AbortSignal, clock: Clock): DaemonApi {
  const url = environment['ROLLBACKD_URL'] || defaultUrl;
  const { protocol = '' } = URL.parse(url) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new RollbackError('USAGE', `ROLLBACKD_URL: expected a URL such as ${defaultUrl}, got ${url}`);
  return apiClient({
    url,
    token: tokenIn(environment['ROLLBACKD_TOKEN_FILE']),
    timeoutMs: 30 * SECOND,
    signal,
    clock,
  });
}

function tokenIn(file: string | undefined): Secret | null {
  if (file === undefined || file === '') return null;
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(token)) return new Secret(token);
  } catch (error) {
    throw new RollbackError('USAGE', `ROLLBACKD_TOKEN_FILE: ${messageOf(error)}`, {}, { cause: error });
  }
  throw new RollbackError('USAGE', `ROLLBACKD_TOKEN_FILE: ${file} holds no token (one line, no spaces)`);
}
