import { z } from 'zod';
import type { Otherwise, Severity, Want } from '../domain/rule.ts';
import { MINUTE } from '../domain/time.ts';
import type { Place } from './place.ts';
import { findPlaybook, type PlaybookNames } from './playbook-names.ts';

const actions = ['rollback', 'ask', 'investigate', 'monitor', 'hand_over'] as const;
const otherwises = [
  'rollback',
  'monitor',
  'investigate',
  'hand_over',
] as const satisfies readonly Otherwise[];

/** `do: rollback` or `do: { rollback: PLAYBOOK }`, and what happens to questions. */
export const otherwise = z.enum(otherwises);
export const want = z.union([
  z.enum(actions),
  z.strictObject({ rollback: z.string().describe('By this playbook') }),
  z.strictObject({ ask: z.string().describe('Whether to roll back by this playbook') }),
]);

/** How long people may take when nobody says otherwise. */
export const defaultWithinMs = 15 * MINUTE;

/**
 * What the incident wants when a level fires: as written, or by its severity — CRITICAL rolls back, HIGH asks,
 * MEDIUM tells people to investigate.
 */
export function resolveWant(
  place: Place,
  written: z.output<typeof want> | undefined,
  { severity, pack, playbooks }: { severity: Severity; pack: string; playbooks: PlaybookNames },
): Want {
  if (written === undefined) return bySeverity[severity];
  if (typeof written === 'string')
    return written === 'rollback' || written === 'ask'
      ? { action: written, playbook: null }
      : { action: written };
  const action = 'rollback' in written ? 'rollback' : 'ask';
  const name = 'rollback' in written ? written.rollback : written.ask;
  const found = findPlaybook(name, [pack], playbooks);
  if ('problem' in found) place.at(action).problem(found.problem);
  return { action, playbook: 'id' in found ? found.id : null };
}

const bySeverity: Readonly<Record<Severity, Want>> = {
  critical: { action: 'rollback', playbook: null },
  high: { action: 'ask', playbook: null },
  medium: { action: 'investigate' },
};
