import type { Readable } from 'node:stream';
import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';
import type { Offset } from './kafka.ts';

const recorded = z.object({
  version: z.literal(1),
  groups: z.record(
    z.string(),
    z.array(z.object({ topic: z.string(), partition: z.int().nonnegative(), offset: z.int().nonnegative() })),
  ),
});
const mostBytes = 64 * 1024 * 1024;

/** Offsets by consumer group. */
export type RecordedOffsets = Readonly<Record<string, readonly Offset[]>>;

/** The offsets of groups as a set holds them. */
export function writeOffsets(groups: RecordedOffsets): string {
  return `${JSON.stringify({ version: 1, groups }, null, 1)}\n`;
}

/** Reads what `writeOffsets` wrote, to the end of the stream. @throws RollbackError `BACKUP_INVALID` */
export async function readOffsets(source: Readable): Promise<RecordedOffsets> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new RollbackError('BACKUP_INVALID', 'the record of consumer groups is too large');
    chunks.push(chunk);
  }
  try {
    return recorded.parse(JSON.parse(Buffer.concat(chunks).toString('utf8'))).groups;
  } catch (cause) {
    throw new RollbackError('BACKUP_INVALID', 'the copy is no record of consumer groups', {}, { cause });
  }
}
