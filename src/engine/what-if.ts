import type { Decision } from '../domain/incident.ts';
import type { Level, Rule } from '../domain/rule.ts';
import { incidents } from './machines.ts';
import { newCase } from './case.ts';
import type { Core } from './core.ts';
import { answeredByPolicy } from './policy.ts';
import { gather } from './situation.ts';

/**
 * What would be decided if this level fired on the target now: the same guards, asked about an incident that nobody
 * opened. Changes nothing. null when the target is not configured.
 */
export function whatIf(
  { parts, book }: Core,
  { rule, level, target }: { readonly rule: Rule; readonly level: Level; readonly target: string },
): Decision | null {
  const at = parts.clock.now();
  const { severity } = level;
  const fired = {
    rule: rule.id,
    subject: target,
    severity,
    since: at,
    firedAt: at,
    detail: '',
    condition: '',
    recoveredAt: null,
  };
  const supposed = incidents.begin({
    id: 'what-if',
    target,
    at,
    origin: { by: 'signals' },
    named: null,
    level: fired,
    lead: { rule: rule.id, severity },
    playbook: null,
  });
  const situation = gather(parts, book, newCase(supposed));
  return situation === null ? null : answeredByPolicy(book, parts.decider.judge(situation));
}
