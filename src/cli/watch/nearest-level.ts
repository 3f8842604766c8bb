import type { LevelView, RuleView } from '../../domain/ports/daemon.ts';
import { parseQuantity } from '../../domain/quantity.ts';
import { compareSeverity } from '../../domain/rule.ts';
import type { BreachPhase } from '../../domain/breach.ts';

/** How far a level of a rule is from firing. */
export interface Nearness {
  readonly rule: RuleView;
  readonly level: LevelView;
  /** 1 is at the threshold; null where there is no distance, as for a probe. */
  readonly share: number | null;
}

const worstFirst: readonly BreachPhase[] = ['firing', 'recovering', 'pending', 'clear'];

/** The level that is furthest: what fires first, then what is pending, then what is nearest to its threshold. */
export function nearestLevel(rules: readonly RuleView[]): Nearness | null {
  const all = rules.flatMap((rule) =>
    rule.levels.map((level): Nearness => ({ rule, level, share: shareOf(rule, level) })),
  );
  const [nearest = null] = all.toSorted(
    (a, b) =>
      worstFirst.indexOf(a.level.phase) - worstFirst.indexOf(b.level.phase) ||
      (a.level.phase === 'clear' ? 0 : compareSeverity(a.level.severity, b.level.severity)) ||
      (b.share ?? -1) - (a.share ?? -1),
  );
  return nearest;
}

/** Read off what people read: `31.2% (…)` against `above 50% for 1m`. */
function shareOf({ detail, verdict }: RuleView, { condition }: LevelView): number | null {
  if (verdict !== 'ok' && verdict !== 'breach') return null;
  const [, operator = '', limit = ''] = /^(above|below|at least|at most) (\S+)/.exec(condition) ?? [];
  const threshold = numberIn(limit);
  const value = numberIn(detail.split(/[\s,;]/, 1)[0] ?? '');
  if (threshold === null || value === null || threshold.times !== value.times) return null;
  const rising = operator === 'above' || operator === 'at least';
  const share = rising ? value.value / threshold.value : threshold.value / value.value;
  return Number.isFinite(share) && share >= 0 ? share : null;
}

function numberIn(written: string): { readonly value: number; readonly times: boolean } | null {
  const seconds = /^(-?\d+(?:\.\d+)?)s,?$/.exec(written)?.[1];
  if (seconds !== undefined) return { value: Number(seconds), times: false };
  const quantity = parseQuantity(written.replace(/,$/, ''));
  return quantity === null ? null : { value: quantity.value, times: quantity.unit === 'times' };
}
