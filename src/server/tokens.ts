import { createHash, timingSafeEqual } from 'node:crypto';
import { roles, type Role, type Token } from '../domain/configuration.ts';
import type { Actor } from '../domain/ports/daemon.ts';

/** The caller on a loopback address while no tokens are configured. */
export const localActor: Actor = { name: 'local', role: 'admin' };

/** The tokens that open the API, kept as hashes. */
export interface Keyring {
  readonly empty: boolean;
  /** Who sends this `Authorization` header; null when nobody known does. Takes as long for every answer. */
  bearer(header: string | undefined): Actor | null;
}

export function keyring(tokens: readonly Token[]): Keyring {
  const keys = tokens.map(({ name, role, token }) => ({ actor: { name, role }, hash: hash(token.reveal()) }));
  return {
    empty: keys.length === 0,
    bearer: (header) => {
      const presented = hash(/^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '');
      // Every key is compared, so that the time taken does not tell which one was nearly right.
      const matches = keys.filter((key) => timingSafeEqual(key.hash, presented));
      return header === undefined ? null : (matches[0]?.actor ?? null);
    },
  };
}

/** Whether a role includes another: `admin` includes all, `viewer` only itself. */
export function includes(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
