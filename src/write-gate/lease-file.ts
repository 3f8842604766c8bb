import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from '../clients/files/durably.ts';
import { hasCode } from '../clients/files/failure.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';

const end = z.strictObject({
  id: z.string(),
  at: z.number(),
  how: z.enum(['released', 'opened by itself']),
});
const schema = z.strictObject({
  hold: z
    .strictObject({ id: z.string(), message: z.string(), forMs: z.number().positive(), until: z.number() })
    .nullable(),
  ended: z.array(end),
});

/** What of the gate survives its restart: who holds writes off until when, and whose holds have ended. */
export type Lease = z.output<typeof schema>;

/** A small file that is whole at any moment. */
export interface LeaseFile {
  /** Nothing held where there is no file. @throws RollbackError `CONFIG_INVALID` when it cannot be read */
  read(): Promise<Lease>;
  /** Durable once it resolved. @throws RollbackError `EFFECT_FAILED` */
  write(lease: Lease): Promise<void>;
}

export function leaseFile(path: string): LeaseFile {
  return {
    read: () => readLease(path),
    async write(lease) {
      try {
        await writeDurably(path, JSON.stringify(lease), { folderMode: 0o777 });
      } catch (cause) {
        throw new RollbackError(
          'EFFECT_FAILED',
          `could not write ${path}: ${messageOf(cause)}; give the gate a folder that it may write to (--state)`,
          { path },
          { cause },
        );
      }
    },
  };
}

async function readLease(path: string): Promise<Lease> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return { hold: null, ended: [] };
    // Opening a gate that may be meant to be closed is worse than not starting.
    throw new RollbackError(
      'CONFIG_INVALID',
      `could not read who holds writes off from ${path}: ${messageOf(cause)}; remove the file if nobody does`,
      { path },
      { cause },
    );
  }
}
