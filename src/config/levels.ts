import { z } from 'zod';
import { severities, type Condition, type Level, type Severity } from '../domain/rule.ts';
import { comparisonShape, looksUp, operatorsAt, readComparison } from './comparisons.ts';
import type { Fields, Place } from './place.ts';
import type { PlaybookNames } from './playbook-names.ts';
import { duration, someTime } from './scalars.ts';
import type { Signal } from './signals.ts';
import { suggestion } from './suggest.ts';
import { otherwise, resolveWant, want } from './wants.ts';

const shape = {
  ...comparisonShape,
  for: duration.optional(),
  failures: z.int().min(1).max(1000).optional(),
  do: want.optional(),
  within: someTime.optional(),
  otherwise: otherwise.optional(),
  while: z.literal('deploying').optional(),
};

/** What levels need to know of their rule. */
export interface LevelSetting {
  readonly pack: string;
  readonly playbooks: PlaybookNames;
  readonly withinMs: number;
  /** null: the signal itself is wrong and has been reported. */
  readonly signal: Signal | null;
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
  const fields = place.fields(shape);
  const condition = readCondition(place, fields, setting.signal);
  const { pack, playbooks } = setting;
  const wanted = resolveWant(place.at('do'), fields.do, { severity, pack, playbooks });
  if (wanted.action !== 'rollback' && wanted.action !== 'ask')
    for (const key of ['within', 'otherwise'])
      if (place.has(key))
        place
          .at(key)
          .problem(`belongs to a question; this level wants ${wanted.action} and never asks`, 'key');
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

function readCondition(place: Place, fields: Fields<typeof shape>, signal: Signal | null): Condition | null {
  if (place.value === null || typeof place.value !== 'object') return null;
  const operators = operatorsAt(place);
  if (place.has('failures')) {
    for (const key of [...operators, ...(place.has('for') ? ['for'] : [])])
      place.at(key).problem('failures counts probes; it goes without a comparison and without for', 'key');
    if (signal?.measures === 'value')
      place
        .at('failures')
        .problem(`${signal.kind} measures a value here; compare it, e.g. above: 90%, for: 1m`, 'key');
    return fields.failures === undefined ? null : { failures: fields.failures };
  }
  if (operators.length === 0) {
    const example = signal?.measures === 'probe' ? 'failures: 2' : 'above: 50%, for: 1m';
    place.problem(`has no condition; expected e.g. ${example}`, 'key');
    return null;
  }
  if (signal?.measures === 'probe')
    place
      .at(operators[0] ?? '')
      .problem(`${signal.kind} only passes or fails here; count it, e.g. failures: 2`, 'key');
  if (!place.has('for'))
    place.problem('says not for how long; add e.g. for: 1m (for: 0s fires at the first reading)', 'key');
  const comparison = readComparison(place, fields, signal);
  return comparison === null || fields.for === undefined ? null : { comparison, forMs: fields.for };
}

/** A worse severity that fires later than a milder one, or the other way round than it, is mostly a slip. */
function warnOfOrder(place: Place, levels: readonly Level[]): void {
  for (const [index, worse] of levels.entries()) {
    const milder = levels[index + 1];
    if (milder === undefined || !('comparison' in worse.condition) || !('comparison' in milder.condition))
      continue;
    const [a, b] = [worse.condition.comparison, milder.condition.comparison];
    const up = looksUp(a);
    if (up !== looksUp(b)) {
      place
        .at(worse.severity)
        .warning(
          `${a.operator} and ${b.operator} look in different directions: ${milder.severity} reads the other way`,
          'rule/level-order',
          'key',
        );
      continue;
    }
    const weaker = up ? a.threshold.value < b.threshold.value : a.threshold.value > b.threshold.value;
    if (weaker)
      place
        .at(worse.severity)
        .warning(
          `${worse.severity} is reached before ${milder.severity}: its threshold is the weaker one`,
          'rule/level-order',
          'key',
        );
  }
}
