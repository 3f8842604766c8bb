import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How many are kept; the ones of open incidents are always among the newest. */
const kept = 500;

/** What is remembered of the last child started for an effect. */
export interface ChildRecord {
  readonly opId: string;
  /** null: it was about to start. */
  readonly pid: number | null;
  readonly startTicks: number | null;
  readonly ended: boolean;
}

/** Children by effect, in files, so that the next daemon can tell a child from a service that a child started. */
export interface ChildRecords {
  write(record: ChildRecord): void;
  read(opId: string): ChildRecord | null;
}

/**
 * Calls are synchronous on purpose: nothing may come between the start of a child and its record.
 *
 * @param directory made when it is missing
 */
export function childRecords(directory: string): ChildRecords {
  const fileOf = (opId: string): string =>
    join(directory, `${createHash('sha256').update(opId).digest('hex').slice(0, 24)}.json`);
  return {
    write(record) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const file = fileOf(record.opId);
      writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      if (record.ended) keepNewest(directory, kept);
    },
    read(opId) {
      try {
        return JSON.parse(readFileSync(fileOf(opId), 'utf8')) as ChildRecord;
      } catch {
        return null;
      }
    },
  };
}

/** Removes all but the newest files of a directory. */
export function keepNewest(directory: string, count: number): void {
  const names = readdirSync(directory);
  if (names.length <= count) return;
  const byAge = names
    .map((name) => join(directory, name))
    .map((path) => ({ path, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of byAge.slice(count)) rmSync(path, { force: true });
}
