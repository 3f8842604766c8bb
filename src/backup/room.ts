import type { BackedUp, BackupSet } from '../domain/backup.ts';
import { formatQuantity } from '../domain/quantity.ts';

/** What is about to be copied, and where it would go. */
export interface Room {
  readonly things: readonly { readonly thing: BackedUp; readonly bytes: number | null }[];
  readonly last: BackupSet | null;
  readonly freeBytes: number | null;
  readonly usedBytes: number;
  readonly mostBytes: number | null;
  readonly shown: string;
}

/** What is kept free beyond what is expected. */
const reserve = 1.1;

/** Why there is no room for a set: on the disk, or within the quota. */
export function roomProblems(room: Room): readonly string[] {
  const { freeBytes, usedBytes, mostBytes, shown } = room;
  const expected = expectedBytes(room) * reserve;
  const size = (bytes: number): string => formatQuantity(bytes, 'bytes');
  const problems: string[] = [];
  if (freeBytes !== null && freeBytes < expected)
    problems.push(
      `there is no room for the set: about ${size(expected)} are needed with a reserve of 10%, and ${size(freeBytes)} are free in ${shown}`,
    );
  if (mostBytes !== null && usedBytes + expected > mostBytes)
    problems.push(
      `the set would go beyond retention.most_bytes: ${size(usedBytes)} are used, about ${size(expected)} are needed, ${size(mostBytes)} are allowed; keep sets for a shorter time, or allow more`,
    );
  return problems;
}

/** As stored: what the last set made of the same things says better than their size. */
export function expectedBytes({ things, last }: Pick<Room, 'things' | 'last'>): number {
  let bytes = 0;
  for (const { thing, bytes: plain } of things) {
    const before = last?.parts.find(({ kind, name }) => kind === thing.kind && name === thing.name);
    const ratio = before === undefined || before.plainBytes === 0 ? 1 : before.bytes / before.plainBytes;
    bytes += plain === null ? (before?.bytes ?? 0) : plain * Math.min(1, ratio);
  }
  return bytes;
}
