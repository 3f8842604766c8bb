import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';

/** `rollback-YYYYMMDD-HHMMSS` in UTC, of an instant in ms since 1970. */
export function tagName(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().slice(0, 19).split('T');
  return `rollback-${date.replaceAll('-', '')}-${time.replaceAll(':', '')}`;
}

const schema = z.object({ name: z.string(), sha: z.string() });

/** The tag that an effect decided on before it made it; null: it had not begun. */
export async function whichTag(
  records: EffectRecords,
  opId: string,
): Promise<{ readonly name: string; readonly sha: string } | null> {
  const read = schema.safeParse(await records.read(opId));
  return read.success ? read.data : null;
}
