import { createHash } from 'node:crypto';
import { canonical, type Json } from './json.ts';
import type { Entry, NewEntry } from './ports/store.ts';

/** Where the chain stands: number and hash of the last entry. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Before the first entry. */
export const chainStart: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** Gives a fact its number and its place in the chain, behind `head`. */
export function link(head: ChainHead, entry: NewEntry): Entry {
  const numbered = { ...storable(entry), seq: head.seq + 1, previousHash: head.hash };
  return { ...numbered, hash: hashEntry(numbered) };
}

/** SHA-256, in hex, of the previous hash, a line break, and the canonical JSON of everything else in the entry. */
export function hashEntry(entry: Omit<Entry, 'hash'>): string {
  const { seq, at, incident, target, type, message, facts, previousHash } = entry;
  return createHash('sha256')
    .update(`${previousHash}\n${canonical({ seq, at, incident, target, type, message, facts })}`)
    .digest('hex');
}

/**
 * Holds an entry against the one before it.
 *
 * @returns what is wrong, or null when it follows `head` unchanged
 */
export function brokenLink(head: ChainHead, entry: Entry): string | null {
  if (entry.seq !== head.seq + 1) return `entry ${head.seq + 1} is missing`;
  if (entry.previousHash !== head.hash) return `entry ${entry.seq} does not follow the entry before it`;
  if (entry.hash !== hashEntry(entry)) return `entry ${entry.seq} was changed after it was written`;
  return null;
}

/** What a database gives back for the entry: half surrogates and undefined members would not survive. */
function storable({ at, incident, target, type, message, facts }: NewEntry): NewEntry {
  return {
    at,
    incident: incident?.toWellFormed() ?? null,
    target: target?.toWellFormed() ?? null,
    type: type.toWellFormed(),
    message: message.toWellFormed(),
    facts: JSON.parse(canonical(facts)) as Readonly<Record<string, Json>>,
  };
}
