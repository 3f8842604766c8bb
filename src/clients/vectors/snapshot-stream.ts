import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { Readable } from 'node:stream';
import axios from 'axios';
import type { VectorStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { guardedLookup } from '../address-guard.ts';
import { classify, httpError } from '../http-failure.ts';
import { accountOf } from './vector-api.ts';

const options = { keepAlive: false, lookup: guardedLookup };
const calling = {
  httpAgent: new Agent(options),
  httpsAgent: new TlsAgent(options),
  proxy: false,
  maxRedirects: 0,
  maxBodyLength: Infinity,
  maxContentLength: Infinity,
  validateStatus: () => true,
} as const;

/** Opens a file of the store for reading. @throws RollbackError `REFUSED` at another status than 200 */
export async function downloadFrom(store: VectorStore, path: string, signal: AbortSignal): Promise<Readable> {
  const asked = `${store.name}: GET ${path}`;
  try {
    const answer = await axios.request<Readable>({
      ...calling,
      method: 'GET',
      url: `${store.url}${path}`,
      headers: accountOf(store),
      responseType: 'stream',
      decompress: false,
      signal,
    });
    if (answer.status === 200) return answer.data;
    answer.data.destroy();
    throw refused(asked, answer.status);
  } catch (cause) {
    throw failed(asked, cause, signal);
  }
}

/** Sends so many bytes as the file of a form, without holding them. @throws RollbackError `REFUSED` unless it is taken */
export async function uploadTo(
  store: VectorStore,
  { path, field, bytes }: { readonly path: string; readonly field: string; readonly bytes: number },
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const asked = `${store.name}: POST ${path.split('?')[0] ?? path}`;
  const boundary = `rollbackd-${randomBytes(12).toString('hex')}`;
  const before = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="${field}"; filename="${field}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
  );
  const after = Buffer.from(`\r\n--${boundary}--\r\n`);
  const body = Readable.from(framed(before, source, after), { objectMode: false });
  try {
    const answer = await axios.request<unknown>({
      ...calling,
      method: 'POST',
      url: `${store.url}${path}`,
      headers: {
        ...accountOf(store),
        'content-type': `multipart/form-data; boundary=${boundary}`,
        'content-length': before.length + bytes + after.length,
      },
      data: body,
      signal,
    });
    if (answer.status !== 200) throw refused(asked, answer.status);
  } catch (cause) {
    throw failed(asked, cause, signal);
  } finally {
    body.destroy();
  }
}

async function* framed(before: Buffer, source: AsyncIterable<Buffer>, after: Buffer): AsyncIterable<Buffer> {
  yield before;
  yield* source;
  yield after;
}

function refused(asked: string, status: number): RollbackError {
  return new RollbackError('REFUSED', `${asked} was answered with ${status}, expected 200`, { status });
}

/** The library's own error holds the whole request, secrets included: only what the system said goes on as cause. */
function failed(asked: string, cause: unknown, signal: AbortSignal): RollbackError {
  if (cause instanceof RollbackError) return cause;
  if (signal.aborted) return httpError('aborted', asked);
  // What is read to be sent may fail for reasons of its own.
  const inner = cause instanceof Error && cause.cause instanceof RollbackError ? cause.cause : null;
  return inner ?? httpError(classify(cause), asked, { cause: new Error(messageOf(cause)) });
}
