import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../clients/files/durably.ts';
import { fileFailure } from '../clients/files/failure.ts';
import { backupPartKinds, type BackedUp } from '../domain/backup.ts';

const record = z.strictObject({
  id: z.string().regex(/^[0-9a-z-]+$/),
  set: z.string(),
  kind: z.enum(backupPartKinds),
  name: z.string(),
  scratch: z.string(),
  keepAs: z.string(),
  /** `beside`: being restored, nothing is in use · `switching`: it may be · `kept`: what was in use before stays. */
  phase: z.enum(['beside', 'switching', 'kept']),
  at: z.number(),
});

/** What one restored part has come to; outlives the daemon. */
export type Restoration = z.output<typeof record> & BackedUp;

/** The restorations that are not settled, or whose old thing is still kept. */
export interface Restorations {
  all(): Promise<readonly Restoration[]>;
  /** Durable once it resolved. */
  write(restoration: Restoration): Promise<void>;
  forget(id: string): Promise<void>;
}

/** Notes of restorations, in the daemon's own folder. */
export function restorations(stateDir: string): Restorations {
  const folder = join(stateDir, 'restores');
  const fileOf = (id: string): string => join(folder, `${id}.json`);
  return {
    async all() {
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
      const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
      return texts.flatMap((text) => record.safeParse(parsed(text)).data ?? []);
    },
    async write(restoration) {
      const path = fileOf(restoration.id);
      try {
        await writeDurably(path, JSON.stringify(restoration), { folderMode: 0o700 });
      } catch (cause) {
        throw fileFailure('write the record', path, cause);
      }
    },
    async forget(id) {
      await unlink(fileOf(id)).catch(() => {});
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
