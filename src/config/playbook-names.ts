import { suggestion } from './suggest.ts';

/** The playbooks of all packs, known before any of them is read in full. */
export interface PlaybookNames {
  /** By `pack/name`. */
  readonly ids: ReadonlySet<string>;
  /** Packs whose playbooks cannot be read: that is reported already, so any name may be one of theirs. */
  readonly unreadable: ReadonlySet<string>;
}

/**
 * Finds a playbook by its name in some packs, or by `pack/name` in any.
 *
 * @returns `pack/name`, or why there is none
 */
export function findPlaybook(
  written: string,
  packs: readonly string[],
  { ids, unreadable }: PlaybookNames,
): { readonly id: string } | { readonly problem: string } {
  if (ids.has(written)) return { id: written };
  const found = packs.map((pack) => `${pack}/${written}`).filter((id) => ids.has(id));
  const [id, other] = found;
  if (id === undefined) {
    const guess = packs.find((pack) => unreadable.has(pack));
    if (guess !== undefined) return { id: `${guess}/${written}` };
    const known = [...ids].map((name) => shortName(name, packs));
    return { problem: `unknown playbook ${written}${suggestion(written, known)}` };
  }
  if (other !== undefined)
    return { problem: `several packs have a playbook ${written}; write ${found.join(' or ')}` };
  return { id };
}

function shortName(id: string, packs: readonly string[]): string {
  const pack = packs.find((pack) => id.startsWith(`${pack}/`));
  return pack === undefined ? id : id.slice(pack.length + 1);
}
