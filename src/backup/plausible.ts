import type { BackupPart, BackupPartKind, BackupSet } from '../domain/backup.ts';
import { formatQuantity } from '../domain/quantity.ts';

/** Data does not halve between two sets; work that nobody committed and records of containers do. */
const grows: readonly BackupPartKind[] = ['store', 'volume', 'files'];

/** Why a copy is not believed, compared with the last set of the recipe; null when it is. */
export function implausible(part: BackupPart, last: BackupSet | null, smallerOk: boolean): string | null {
  const { kind, name, plainBytes } = part;
  if (plainBytes === 0 && kind !== 'repository') return `the copy of ${name} is empty`;
  const before = last?.parts.find((other) => other.kind === kind && other.name === name);
  if (before === undefined || smallerOk || !grows.includes(kind)) return null;
  if (plainBytes * 2 >= before.plainBytes) return null;
  return `the copy of ${name} has ${formatQuantity(plainBytes, 'bytes')}, less than half of the ${formatQuantity(before.plainBytes, 'bytes')} of ${last?.id ?? 'the last set'}; say that smaller is right if it is`;
}
