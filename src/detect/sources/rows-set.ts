import { holds, type BackupPart, type BackupSet } from '../../domain/backup.ts';
import type { Backups } from '../../domain/ports/backups.ts';

/** A set to compare with, and the part of it that holds the store; or why there is none. */
export type Compared = { readonly set: BackupSet; readonly part: BackupPart } | { readonly problem: string };

/**
 * The set that a store is compared with, among those that were read back. As the steps that restore choose it: `newest` is
 * the newest from before the incident's own sets, where there is an incident.
 */
export async function comparedSet(
  backups: Backups,
  wanted: { readonly store: string; readonly set: string; readonly incident: string | null },
): Promise<Compared> {
  const { store, set: which, incident } = wanted;
  const holding = (await backups.verified()).flatMap((set) => {
    const part = set.parts.find((one) => holds(one, { kind: 'store', name: store }));
    return part === undefined ? [] : [{ set, part }];
  });
  switch (which) {
    case 'incident': {
      if (incident === null) return { problem: noIncident };
      const own = holding.find(({ set }) => set.incident === incident);
      return own ?? { problem: `no set of ${incident} that was read back holds ${store}` };
    }
    case 'before_incident': {
      if (incident === null) return { problem: noIncident };
      const began = backups.began(incident);
      if (began === null) return { problem: `when ${incident} began is not known` };
      const before = holding.find(({ set }) => set.madeAt < began);
      return before ?? { problem: `no set from before ${incident} that was read back holds ${store}` };
    }
    case 'newest': {
      const own = holding.filter(({ set }) => incident !== null && set.incident === incident);
      const before = Math.min(Infinity, ...own.map(({ set }) => set.madeAt));
      const newest = holding.find(({ set }) => !own.some((one) => one.set === set) && set.madeAt <= before);
      return newest ?? { problem: `no set that was read back holds ${store}` };
    }
    default: {
      const named = holding.find(({ set }) => set.id === which);
      return named ?? { problem: `${which} is no set that was read back and holds ${store}` };
    }
  }
}

const noIncident = 'there is no incident here whose set could be meant; say set: newest, or its id';
