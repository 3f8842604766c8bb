import { suggestion } from './suggest.ts';

/** What the packs have of one kind, by name, known before any of it is read in full. */
export interface PackNames {
  /** `pack/name` of each. */
  readonly ids: ReadonlySet<string>;
  /** Packs whose file of these cannot be read: that is reported already, so any name may be one of theirs. */
  readonly unreadable: ReadonlySet<string>;
}

/** The playbooks of all packs. */
export type PlaybookNames = PackNames;

type Found = { readonly id: string } | { readonly problem: string };

/**
 * Finds a playbook by its name in some packs, or by `pack/name` in any.
 *
 * @returns `pack/name`, or why there is none
 */
export function findPlaybook(written: string, packs: readonly string[], names: PlaybookNames): Found {
  return find('playbook', written, { packs, ...names });
}

/** The same for a communication plan, by its name in a pack or by `pack/name`. */
export function findCommunication(written: string, pack: string, names: PackNames): Found {
  return find('communication plan', written, { packs: [pack], ...names });
}

function find(
  what: string,
  written: string,
  { packs, ids, unreadable }: PackNames & { readonly packs: readonly string[] },
): Found {
  if (ids.has(written)) return { id: written };
  const found = packs.map((pack) => `${pack}/${written}`).filter((id) => ids.has(id));
  const [id, other] = found;
  if (id === undefined) {
    const guess = packs.find((pack) => unreadable.has(pack));
    if (guess !== undefined) return { id: `${guess}/${written}` };
    const known = [...ids].map((name) => shortName(name, packs));
    return { problem: `unknown ${what} ${written}${suggestion(written, known)}` };
  }
  if (other !== undefined)
    return { problem: `several packs have a ${what} ${written}; write ${found.join(' or ')}` };
  return { id };
}

function shortName(id: string, packs: readonly string[]): string {
  const pack = packs.find((pack) => id.startsWith(`${pack}/`));
  return pack === undefined ? id : id.slice(pack.length + 1);
}
