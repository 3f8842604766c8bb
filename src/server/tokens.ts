import { createHash, timingSafeEqual } from 'node:crypto';
import { roles, type Role, type Token } from '../domain/configuration.ts';
import type { MadeToken } from '../domain/controls.ts';
import type { Actor } from '../domain/command.ts';

/** The caller on a loopback address while there are no tokens at all. */
export const localActor: Actor = { name: 'local', role: 'admin' };

/** The tokens that open the API, kept as hashes. */
export interface Keyring {
  /** Nobody knows yet which tokens were made at run time: nobody is let in. */
  readonly unknown: boolean;
  /** There never was a token. One that expired or was revoked counts: what was closed does not open by itself. */
  readonly empty: boolean;
  /** Whose token it is; null when nobody's, or no longer. Takes as long for every answer. */
  whose(token: string): Actor | null;
  /** Who sends this `Authorization` header. */
  bearer(header: string | undefined): Actor | null;
}

/** Tokens that were made at run time. */
export interface MadeTokens {
  /** Revoked and expired ones too. */
  readonly tokens: readonly MadeToken[];
  /** Whether there ever was one: the oldest are forgotten. */
  readonly ever: boolean;
}

export interface KeyringParts {
  readonly configured: readonly Token[];
  /** null while they are not loaded. */
  readonly made: () => MadeTokens | null;
  readonly now: () => number;
}

interface Key {
  readonly actor: Actor;
  readonly hash: Buffer;
  readonly counts: boolean;
}

export function keyring({ configured, made, now }: KeyringParts): Keyring {
  const fixed = configured.map(({ name, role, token }): Key => ({
    actor: { name, role },
    hash: hash(token.reveal()),
    counts: true,
  }));
  const whose = (token: string): Actor | null => {
    const presented = hash(token);
    const at = now();
    // Every key is compared, so that the time taken does not tell which one was nearly right.
    const matches = [...fixed, ...(made()?.tokens ?? []).map((one) => keyOf(one, at))].filter(
      (key) => timingSafeEqual(key.hash, presented) && key.counts,
    );
    return token === '' ? null : (matches[0]?.actor ?? null);
  };
  return {
    get unknown() {
      return made() === null;
    },
    get empty() {
      return fixed.length === 0 && made()?.ever === false;
    },
    whose,
    bearer: (header) => whose(/^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? ''),
  };
}

/** Whether a role includes another: `admin` includes all, `viewer` only itself. */
export function includes(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

function keyOf({ name, role, hash: hex, expiresAt, revokedAt }: MadeToken, at: number): Key {
  const known = /^[0-9a-f]{64}$/.test(hex);
  return {
    actor: { name, role },
    hash: known ? Buffer.from(hex, 'hex') : Buffer.alloc(32),
    counts: known && revokedAt === null && (expiresAt === null || expiresAt > at),
  };
}

function hash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
