import type { BackupPolicy } from '../domain/backup.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';

/**
 * The sets that may go: older than they are kept, but none of an open incident, and of each recipe never the newest
 * `least` that were read back without a problem, of which there is always one.
 */
export function pastRetention(
  sets: readonly BackupSetView[],
  { keepMs, least }: BackupPolicy['retention'],
  { now, isOpen }: { readonly now: number; readonly isOpen: (incident: string) => boolean },
): readonly string[] {
  const newestFirst = sets.toSorted((a, b) => b.set.madeAt - a.set.madeAt);
  const kept = new Map<string, number>();
  const past: string[] = [];
  for (const { set, verdict } of newestFirst) {
    const verified = verdict?.problems.length === 0;
    const before = kept.get(set.recipe) ?? 0;
    if (verified) kept.set(set.recipe, before + 1);
    if (verified && before < Math.max(1, least)) continue;
    if (set.incident !== null && isOpen(set.incident)) continue;
    if (now - set.madeAt > keepMs) past.push(set.id);
  }
  return past;
}
