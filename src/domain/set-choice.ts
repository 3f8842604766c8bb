import { holds, type BackedUp, type BackupPart, type BackupSet } from './backup.ts';
import { RollbackError } from './errors.ts';
import { dryRunIncident } from './plan.ts';
import type { Backups } from './ports/backups.ts';

/** What a step or a check may say of the set that it means, beside its id. */
export const setWords = ['newest', 'before_incident', 'incident'] as const;

/** What is said of a word that means no set. */
export const setExpected = `expected ${setWords.join(', ')}, or the id of a set`;

/** The same in a sentence, for schemas. */
export const setWordsMeaning =
  'newest: the newest that was read back, that no incident made, and that is older than the sets of this incident; before_incident: the newest such from before the incident began; incident: the newest that was made for it; or the id of a set';

/** Where sets are looked up. */
export type Sets = Pick<Backups, 'verified' | 'find' | 'began'>;

/** Which set is meant. */
export interface SetWanted {
  /** A word of `setWords`, or the id of a set. */
  readonly from: string;
  /** null: there is none, so only `newest` and ids have a meaning. */
  readonly incident: string | null;
  /** What the set has to hold, all of it together. */
  readonly things: readonly BackedUp[];
}

/**
 * The set that a restoring step or a comparison means, of those that were read back the last time. A set that an incident
 * made holds what was broken then, so `newest` and `before_incident` pass over it; its id names it. `newest` is older than
 * the incident's own sets, so that what is chosen when the plan is made is chosen again when it is carried out.
 *
 * @throws RollbackError `NOT_FOUND`; `REFUSED` where nobody can tell which is meant; `BACKUP_INVALID` for one that is named
 *   and did not read back
 */
export async function chooseSet(backups: Sets, wanted: SetWanted): Promise<BackupSet> {
  const { from, incident, things } = wanted;
  const verified = await backups.verified();
  const holding = verified.filter((set) => things.every((thing) => partHolding(set, thing) !== null));
  const what = things.map(({ kind, name }) => `${name} (${kind})`).join(', ');
  switch (from) {
    case 'incident': {
      const own = holding.find((set) => set.incident === ofOne(incident));
      return found(own, `there is no backup set of ${incident} that was read back and holds ${what}`);
    }
    case 'before_incident': {
      const began = backups.began(ofOne(incident));
      if (began === null)
        throw new RollbackError('REFUSED', `when ${incident} began is not known; name the set by its id`);
      const instant = `${new Date(began).toISOString().slice(0, 16)}Z`;
      const when = incident === dryRunIncident ? '' : ` from before ${incident} began at ${instant}`;
      return found(
        holding.find((set) => set.incident === null && set.madeAt < began),
        `no backup set that was read back, and that no incident made, holds ${what}${when}`,
      );
    }
    case 'newest': {
      const own = holding.filter((set) => incident !== null && set.incident === incident);
      const before = Math.min(Infinity, ...own.map(({ madeAt }) => madeAt));
      const earlier = own.length === 0 ? '' : ` from before those of ${incident}`;
      return found(
        holding.find((set) => set.incident === null && set.madeAt <= before),
        `no backup set that was read back, and that no incident made, holds ${what}${earlier}`,
      );
    }
    default:
      return named(backups, verified, wanted);
  }
}

/** The part of a set that holds a thing; null: it holds no such thing. */
export function partHolding(set: BackupSet, thing: BackedUp): BackupPart | null {
  return set.parts.find((part) => holds(part, thing)) ?? null;
}

function ofOne(incident: string | null): string {
  if (incident !== null) return incident;
  throw new RollbackError(
    'REFUSED',
    'there is no incident here whose set could be meant; say newest, or the id of a set',
  );
}

function found(set: BackupSet | undefined, otherwise: string): BackupSet {
  if (set !== undefined) return set;
  throw new RollbackError('NOT_FOUND', otherwise);
}

async function named(
  backups: Sets,
  verified: readonly BackupSet[],
  { from: id, things }: SetWanted,
): Promise<BackupSet> {
  const set = await backups.find(id);
  if (set === null)
    throw new RollbackError(
      'NOT_FOUND',
      `there is no backup set ${id}; \`rollbackd backup list\` lists them`,
    );
  if (!verified.some((one) => one.id === id))
    throw new RollbackError(
      'BACKUP_INVALID',
      `${id} did not read back the last time; \`rollbackd backup verify ${id}\` says what is wrong with it`,
    );
  const missing = things.find((thing) => partHolding(set, thing) === null);
  if (missing === undefined) return set;
  throw new RollbackError('NOT_FOUND', `${id} holds no ${missing.name} (${missing.kind})`);
}
