import { createHash } from 'node:crypto';
import type { Document } from 'mongodb';
import type { Mongo } from './connection.ts';

/** What stands in a database. */
export interface MongoCatalogue {
  readonly collections: readonly Described[];
  readonly views: readonly Described[];
  /** Of kinds that are not copied: time series. */
  readonly others: readonly string[];
}

export interface Described {
  readonly name: string;
  readonly options: Document;
}

/** What we put beside the application's collections begins so, and is never taken for one of them. */
const ownPrefix = 'rollbackd_';
/** Where switches are written down. */
export const switchesName = `${ownPrefix}switches`;

/** The application's collections and views, by name. */
export async function catalogueOf({ database, asked }: Mongo): Promise<MongoCatalogue> {
  const found = await asked('listCollections', () =>
    database.listCollections({}, { nameOnly: false }).toArray(),
  );
  const wanted = found
    .filter(({ name }) => !name.startsWith('system.') && !name.startsWith(ownPrefix))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ofType = (type: string): Described[] =>
    wanted.filter((one) => one.type === type).map(({ name, options }) => ({ name, options: options ?? {} }));
  const others = wanted
    .filter(({ type }) => type !== 'collection' && type !== 'view')
    .map(({ name }) => name);
  return { collections: ofType('collection'), views: ofType('view'), others };
}

/** Names of all collections that begin with a prefix of ours, without it. */
export async function besideIn({ database, asked }: Mongo, prefix: string): Promise<readonly string[]> {
  const found = await asked('listCollections', () =>
    database.listCollections({}, { nameOnly: true }).toArray(),
  );
  return found
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name }) => name.slice(prefix.length))
    .toSorted();
}

/** Documents of collections, each counted by the server, by their names without the prefix. */
export async function countMongo(
  { database, asked }: Mongo,
  names: readonly string[],
  prefix = '',
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const name of names)
    counts[name] = await asked(`count ${name}`, () => database.collection(prefix + name).countDocuments());
  return counts;
}

/** The word that stands for a suffix in names; one that is too long is there as its digest. */
export function wordOf(suffix: string): string {
  const word = suffix.replaceAll(/\W/g, '_');
  return word.length <= 48 ? word : createHash('sha256').update(suffix).digest('hex').slice(0, 24);
}

/** What the collections of a word begin with. */
export function prefixOf(word: string): string {
  return `${ownPrefix}${word}.`;
}

/** Where collections go that came into being during a switch. */
export function lateOf(word: string): string {
  return `${ownPrefix}${word}_late.`;
}

/** The words of a switch. Where one suffix is given for both, what is kept has a word of its own. */
export function switchWords(
  scratch: string,
  keepAs: string,
): { readonly scratch: string; readonly keepAs: string } {
  return {
    scratch: wordOf(scratch),
    keepAs: scratch === keepAs ? `${wordOf(keepAs)}_old` : wordOf(keepAs),
  };
}
