import { createHash } from 'node:crypto';
import type { Rule } from '../domain/rule.ts';

/** Every rule is read for the first time within this many ms of its start, unless stated. */
export const firstWithinMs = 250;

/**
 * When a rule is read first. Rules that start together are spread over `withinMs`, each at a place of its own that does
 * not change between starts.
 */
export function firstSlot({ id, everyMs }: Rule, now: number, withinMs = firstWithinMs): number {
  const place = createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32;
  return now + Math.floor(place * Math.min(withinMs, everyMs));
}

/** The grid point that a reading belongs to: the one it was due at, or the latest if it comes a whole interval late. */
export function slotOf(dueAt: number, everyMs: number, now: number): number {
  return dueAt + Math.max(0, Math.floor((now - dueAt) / everyMs)) * everyMs;
}

/** The first grid point after now. Points that passed while a read was slow are skipped, never made up for. */
export function nextSlot(slotAt: number, everyMs: number, now: number): number {
  return slotAt + Math.max(1, Math.floor((now - slotAt) / everyMs) + 1) * everyMs;
}
