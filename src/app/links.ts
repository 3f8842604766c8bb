import type { Configuration } from '../domain/configuration.ts';
import type { Vault } from '../domain/ports/vault.ts';
import { noLinks, type Links } from '../notify/compose.ts';
import { approvalLinks } from '../server/approval/link.ts';

/** The links that messages hold: none without a public address. */
export function linksOf({ publicUrl }: Pick<Configuration, 'publicUrl'>, vault: Pick<Vault, 'sign'>): Links {
  if (publicUrl === null) return noLinks;
  const incident = (id: string): string => `${publicUrl}/api/v1/incidents/${encodeURIComponent(id)}`;
  return {
    approval: approvalLinks({ publicUrl, vault }),
    incident,
    report: (id) => `${incident(id)}/report`,
  };
}
