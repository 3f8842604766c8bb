import type { Readable } from 'node:stream';
import { RollbackError } from '../../domain/errors.ts';

/** One block of a stream of server-sent events. */
export interface ServerEvent {
  /** null where the block names none. */
  readonly id: string | null;
  readonly event: string;
  /** '' where there is none: the block only moves the position. */
  readonly data: string;
}

/** One entry with captured logs weighs a few hundred KiB. */
const blockLimit = 8 * 1024 * 1024;

/**
 * Reads blocks until the stream ends.
 *
 * @throws RollbackError `DAEMON_UNREACHABLE` when it breaks off or nothing comes for `silenceMs`, `ANSWER_TOO_LARGE`
 */
export async function* eventsIn(body: Readable, silenceMs: number): AsyncGenerator<ServerEvent, void> {
  let rest = '';
  body.setEncoding('utf8');
  const chunks = body.iterator({ destroyOnReturn: true });
  for (;;) {
    const chunk = await nextChunk(chunks, body, silenceMs);
    if (chunk === null) return;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > blockLimit)
      throw new RollbackError('ANSWER_TOO_LARGE', 'the daemon sent an event of more than 8 MiB');
    for (const block of blocks) yield eventOf(block);
  }
}

async function nextChunk(
  chunks: AsyncIterator<unknown>,
  body: Readable,
  silenceMs: number,
): Promise<string | null> {
  const silence = AbortSignal.timeout(silenceMs);
  const giveUp = (): void => void body.destroy(new Error('the stream was silent for too long'));
  silence.addEventListener('abort', giveUp, { once: true });
  try {
    const { done, value } = await chunks.next();
    return done === true ? null : String(value);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    throw new RollbackError(
      'DAEMON_UNREACHABLE',
      `the stream of events broke off: ${said}`,
      {},
      { cause: error },
    );
  } finally {
    silence.removeEventListener('abort', giveUp);
  }
}

function eventOf(block: string): ServerEvent {
  let id: string | null = null;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/s.exec(line) ?? [];
    if (name === 'id') id = value ?? null;
    if (name === 'event') event = value ?? '';
    if (name === 'data') data.push(value ?? '');
  }
  return { id, event, data: data.join('\n') };
}
