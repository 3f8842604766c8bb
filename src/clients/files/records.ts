import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../domain/json.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import { DAY } from '../../domain/time.ts';
import { writeDurably } from './durably.ts';
import { fileFailure, hasCode } from './failure.ts';

/** Notes about effects on files, in the daemon's own folder: how far one has come, and what was there before. */
export interface EffectRecords {
  /** null: the effect was never begun here. */
  read(opId: string): Promise<Json>;
  /** Durable once it resolved. */
  write(opId: string, record: Json): Promise<void>;
}

/** Longer than any incident's effects are asked about or undone. */
const keptMs = 7 * DAY;

/** Opens the folder of records; it may hold what files held, so only the daemon may read it. */
export function effectRecords(stateDir: string, clock: Clock): EffectRecords {
  const folder = join(stateDir, 'files');
  const fileOf = (opId: string): string =>
    join(folder, `${createHash('sha256').update(opId).digest('hex').slice(0, 32)}.json`);
  return {
    async read(opId) {
      try {
        return JSON.parse(await readFile(fileOf(opId), 'utf8')) as Json;
      } catch (cause) {
        if (hasCode(cause, 'ENOENT')) return null;
        throw fileFailure('read the record', fileOf(opId), cause);
      }
    },
    async write(opId, record) {
      const path = fileOf(opId);
      try {
        await writeDurably(path, JSON.stringify(record), { folderMode: 0o700 });
        await forgetOld(folder, clock.wall() - keptMs);
      } catch (cause) {
        throw fileFailure('write the record', path, cause);
      }
    },
  };
}

async function forgetOld(folder: string, before: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < before) await rm(join(folder, name), { force: true });
  }
}
