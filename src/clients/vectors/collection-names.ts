/** Collections and aliases of one server, as they stand. */
export interface Collections {
  readonly collections: readonly string[];
  /** By alias: the collection that it leads to. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A name that was put beside a collection: `docs-rollbackd-20261121-x7k2`, of a collection, or of an alias of one. */
const besides = /^(.+)-rollbackd-([0-9a-z-]+)$/;

/** The name beside a collection that goes by a suffix. */
export function besideOf(base: string, suffix: string): string {
  return `${base}-rollbackd-${suffix}`;
}

/** The name that people know a collection by. */
export function baseOf(name: string): string {
  return besides.exec(name)?.[1] ?? name;
}

function isOurs(name: string): boolean {
  return besides.test(name);
}

/** People's own aliases of a collection, or of what was put beside it, with what they lead to. */
export function aliasesOf({ aliases }: Collections, base: string): ReadonlyMap<string, string> {
  return new Map([...aliases].filter(([alias, target]) => !isOurs(alias) && baseOf(target) === base));
}

/**
 * The collection that is in use under a name: what its aliases lead to, where there are some; else the one of this very
 * name. null: there is none.
 */
export function inUse(there: Collections, base: string): string | null {
  const [first] = aliasesOf(there, base).values();
  return first ?? there.collections.find((name) => name === base) ?? null;
}

/** Names that people know, of everything in use. */
export function bases(there: Collections): readonly string[] {
  const all = new Set(there.collections.map(baseOf));
  return [...all].filter((base) => inUse(there, base) !== null).toSorted();
}

/** What stands beside by a suffix: by the name that people know, the collection. */
export function standing(there: Collections, suffix: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const note = (name: string, collection: string): void => {
    const [, base, its] = besides.exec(name) ?? [];
    if (base !== undefined && its === suffix) found.set(base, collection);
  };
  for (const name of there.collections) note(name, name);
  for (const [alias, target] of there.aliases) note(alias, target);
  return found;
}
