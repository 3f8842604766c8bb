import type { LevelChange } from '../domain/breach.ts';
import { hasBegun, type Case } from './case.ts';
import type { Flow } from './flow.ts';
import { ruleOf } from './levels.ts';
import type { Turn } from './turn.ts';

/**
 * Before its first effect an incident follows the present configuration: a rule or target that was removed or
 * changed withdraws it. From the first effect on it keeps its own copy.
 */
export function ruleGone(turn: Turn, flow: Flow, open: Case, gone: readonly LevelChange[]): void {
  const { context } = open.incident;
  if (hasBegun(open) || context.levels.length === 0 || context.lead.rule.startsWith('builtin/')) return;
  const reason = reasonFor(flow, open, gone);
  if (reason === null) return;
  turn.note({ type: 'incident.withdrawn', message: `withdrawn: ${reason}`, facts: { reason } }, open);
  flow.incident(turn, open, { type: 'withdrawn', at: turn.at, reason });
}

function reasonFor(flow: Flow, open: Case, gone: readonly LevelChange[]): string | null {
  const { target, lead } = open.incident.context;
  if (flow.book.target(target) === null) return `the target ${target} was removed from the configuration`;
  if (ruleOf(flow.book, lead.rule) === null)
    return `the rule ${lead.rule} was removed from the configuration`;
  const changed = gone.some(({ rule, severity }) => rule === lead.rule && severity === lead.severity);
  return changed ? `the rule ${lead.rule} was changed; its pending breach starts anew` : null;
}
