import { S3ServiceException } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../domain/data-store.ts';
import { RollbackError } from '../../domain/errors.ts';

/**
 * What a store of objects said, or that nobody can tell: `NOT_FOUND`, `REFUSED`, or `UNREACHABLE` where the same may
 * work later. Words of the server go no further than its code: it repeats the key of who asked in some of its messages.
 */
export function bucketFailure(
  { name, url, bucket }: ObjectStore,
  tried: string,
  cause: unknown,
  signal: AbortSignal,
): Error {
  const where = `${name} (${bucket} at ${url})`;
  if (cause instanceof RollbackError) return cause;
  if (signal.aborted)
    return new RollbackError('ABORTED', `interrupted while it tried to ${tried} in ${where}`);
  if (!(cause instanceof Error)) return new Error(String(cause));
  const status = statusOf(cause);
  const code = /^\w{1,60}$/.test(cause.name) ? cause.name : 'an error';
  const facts = { status, code };
  if (code === 'NoSuchBucket')
    return new RollbackError('NOT_FOUND', `could not ${tried} in ${where}: there is no such bucket`, facts);
  if (status === null || status === 408 || status === 429 || status >= 500)
    return new RollbackError(
      'UNREACHABLE',
      `could not ${tried} in ${where}: ${status === null ? systemCodeOf(cause) : `it said ${code} (${status})`}`,
      facts,
    );
  if (status === 404)
    return new RollbackError('NOT_FOUND', `could not ${tried} in ${where}: it is not there`, facts);
  const hint = status === 401 || status === 403 ? '; look at access_key, secret_key and what they may' : '';
  return new RollbackError(
    'REFUSED',
    `could not ${tried} in ${where}: it said ${code} (${status})${hint}`,
    facts,
  );
}

/** Whether the answer was that nothing is there. */
export function isMissing(cause: unknown): boolean {
  return cause instanceof S3ServiceException && cause.name !== 'NoSuchBucket' && statusOf(cause) === 404;
}

function statusOf(cause: Error): number | null {
  if (!(cause instanceof S3ServiceException)) return null;
  return cause.$metadata.httpStatusCode ?? null;
}

function systemCodeOf(cause: Error): string {
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return /^\w{1,60}$/.test(code) ? code : 'no answer';
}
