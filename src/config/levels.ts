import { z } from 'zod';
import { severities, type Condition, type Level, type Rule, type Severity } from '../domain/rule.ts';
import { looksUp } from '../domain/comparison.ts';
import { comparisonShape, isWeaker, operatorsAt, readComparison, type Timeless } from './comparisons.ts';
import { countingShape, readCounting } from './counting.ts';
import type { Fields, Place } from './place.ts';
import type { PlaybookNames } from './playbook-names.ts';
import { quantity, someTime } from './scalars.ts';
import type { Signal } from './signals.ts';
import { suggestion } from './suggest.ts';
import { otherwise, resolveWant, want } from './wants.ts';

/** The keys of a level. */
export const levelShape = {
  ...comparisonShape,
  ...countingShape,
  floor: quantity
    .optional()
    .describe('Beside a threshold in times: the value itself must be beyond this, too, e.g. 500ms'),
  do: want.optional().describe('What the incident wants; by severity unless stated'),
  within: someTime.optional().describe('How long people may take to answer a question'),
  otherwise: otherwise.optional().describe('What happens when nobody answered in time'),
  while: z.literal('deploying').optional().describe('Valid only during a deployment of the target'),
};

/** What levels need to know of their rule. */
export interface LevelSetting {
  readonly pack: string;
  readonly playbooks: PlaybookNames;
  readonly withinMs: number;
  /** null: the signal itself is wrong and has been reported. */
  readonly signal: Signal | null;
  readonly timeless: Timeless;
  readonly scope: Rule['scope'];
}

/** The levels of a rule, worst first. Levels with problems are reported and left out. */
export function readLevels(place: Place, setting: LevelSetting): readonly Level[] {
  const entries = place.entries('levels: critical, high, medium');
  if (place.value === undefined)
    place.problem('is missing; a rule needs at least one of critical, high, medium');
  else if (entries.length === 0 && place.value !== null && typeof place.value === 'object')
    place.problem('a rule needs at least one of critical, high, medium');
  for (const [key, level] of entries)
    if (!(severities as readonly string[]).includes(key))
      level.problem(`unknown severity${suggestion(key, severities)}`, 'key');
  const levels = severities.flatMap((severity) => {
    if (!place.has(severity)) return [];
    const level = readLevel(place.at(severity), severity, setting);
    return level === null ? [] : [level];
  });
  warnOfOrder(place, levels);
  return levels;
}

function readLevel(place: Place, severity: Severity, setting: LevelSetting): Level | null {
  const fields = place.fields(levelShape);
  const condition = readCondition(place, fields, setting);
  const { pack, playbooks } = setting;
  const wanted = resolveWant(place.at('do'), fields.do, { severity, pack, playbooks });
  if (wanted.action !== 'rollback' && wanted.action !== 'ask')
    for (const key of ['within', 'otherwise'])
      if (place.has(key))
        place
          .at(key)
          .problem(`belongs to a question; this level wants ${wanted.action} and never asks`, 'key');
  if (fields.while !== undefined && setting.scope === 'host')
    place
      .at('while')
      .problem('a rule with scope: host knows of no deployment; the level would never fire', 'key');
  if (condition === null) return null;
  return {
    severity,
    condition,
    want: wanted,
    withinMs: fields.within ?? setting.withinMs,
    otherwise: fields.otherwise ?? 'hand_over',
    whileDeploying: fields.while === 'deploying',
  };
}

function readCondition(
  place: Place,
  fields: Fields<typeof levelShape>,
  { signal, timeless }: Pick<LevelSetting, 'signal' | 'timeless'>,
): Condition | null {
  if (place.value === null || typeof place.value !== 'object') return null;
  const [operator] = operatorsAt(place);
  const counting = readCounting(place, fields, signal);
  if (place.has('failures')) return counting;
  if (operator === undefined) {
    if (signal?.measures !== 'value' && (place.has('for') || place.has('need'))) return counting;
    const example = signal?.measures === 'probe' ? 'failures: 2' : 'above: 50%, for: 1m';
    place.problem(`has no condition; expected e.g. ${example}`, 'key');
    return null;
  }
  if (signal?.measures === 'probe')
    place.at(operator).problem(`${signal.kind} only passes or fails here; count it, e.g. failures: 2`, 'key');
  if (!place.has('for') && !place.has('need'))
    place.problem('says not for how long; add e.g. for: 1m (for: 0s fires at the first reading)', 'key');
  const comparison = readComparison(place, fields, { signal, timeless });
  return comparison === null || counting === null ? null : { comparison, ...counting };
}

/** A worse severity that fires later than a milder one, or the other way round than it, is mostly a slip. */
function warnOfOrder(place: Place, levels: readonly Level[]): void {
  for (const [index, worse] of levels.entries()) {
    const milder = levels[index + 1];
    const [a, b] = [worse.condition.comparison, milder?.condition.comparison];
    if (milder === undefined || a === undefined || b === undefined) continue;
    const at = place.at(worse.severity);
    if (looksUp(a) !== looksUp(b))
      at.warning(
        `${a.operator} and ${b.operator} look in different directions: ${milder.severity} reads the other way`,
        'rule/level-order',
        'key',
      );
    else if (isWeaker(a, b) === true)
      at.warning(
        `${worse.severity} is reached before ${milder.severity}: its threshold is the weaker one`,
        'rule/level-order',
        'key',
      );
  }
}
