import type { BackupFacts } from '../../domain/backup.ts';
import type { Database } from '../../domain/data-store.ts';

/**
 * Why a copy of one server cannot be restored to another: a server reads what an older one wrote, not what a newer one
 * did; null: nothing is known against it.
 *
 * @param from `mariadb 10.11.14`, as the facts of a copy have it
 */
export function whyNotThatServer(from: string | null, to: string): string | null {
  if (from === null) return null;
  const [kind = '', version = ''] = from.split(' ');
  const [here = '', hereVersion = ''] = to.split(' ');
  if (kind !== here) return `the copy is of ${from}, and the server is ${to}: another kind`;
  const [major = 0, minor = 0] = numbersIn(version);
  const [hereMajor = 0, hereMinor = 0] = numbersIn(hereVersion);
  // PostgreSQL counts its releases by one number alone.
  const older = hereMajor < major || (hereMajor === major && kind !== 'postgres' && hereMinor < minor);
  return older ? `the copy is of ${from}, and the server is ${to}: too old to read it for certain` : null;
}

function numbersIn(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}

/** What a copy of a database says that it is of. */
export function sourceOf({ database }: Pick<Database, 'database'>): string {
  return `database ${database}`;
}

/** Why a copy of one thing must not be restored as another; null: it is the same, or the copy does not say. */
export function whyNotThatSource({ source }: BackupFacts, here: string): string | null {
  if (source === undefined || source === here) return null;
  return `the copy is of the ${source}, and this is the ${here}: another one`;
}
