import { createHash } from 'node:crypto';
import type { Database } from '../../domain/data-store.ts';

/** PostgreSQL's limit, in bytes; it cuts longer names silently. MySQL allows one more. */
const longest = 63;

/**
 * The database beside the one in use that goes by a suffix: `shop_rollbackd_20261121_x7k2`. A suffix that does not fit is
 * there as its digest, since names that were cut could be those of another.
 */
export function besideName({ database }: Pick<Database, 'database'>, suffix: string): string {
  const whole = `${database}_rollbackd_${suffix.replaceAll(/\W/g, '_')}`;
  if (whole.length <= longest) return whole;
  const digest = createHash('sha256').update(`${database} ${suffix}`).digest('hex').slice(0, 12);
  return `${database.slice(0, longest - 23)}_rollbackd_${digest}`;
}

/** The databases of a switch. Where one suffix is given for both, what is kept has a name of its own. */
export function switchNames(
  store: Pick<Database, 'database'>,
  scratch: string,
  keepAs: string,
): { readonly scratch: string; readonly keepAs: string } {
  return {
    scratch: besideName(store, scratch),
    keepAs: scratch === keepAs ? keptName(store, keepAs) : besideName(store, keepAs),
  };
}

/** Every database that a suffix may stand for. */
export function namesOf(store: Pick<Database, 'database'>, suffix: string): readonly string[] {
  return [besideName(store, suffix), keptName(store, suffix)];
}

function keptName(store: Pick<Database, 'database'>, suffix: string): string {
  return besideName(store, `${suffix}_old`);
}
