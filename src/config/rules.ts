import { z } from 'zod';
import { digest } from '../domain/json.ts';
import { modes, type Rule } from '../domain/rule.ts';
import { SECOND } from '../domain/time.ts';
import { readLevels } from './levels.ts';
import type { Place } from './place.ts';
import type { PlaybookNames } from './playbook-names.ts';
import type { ReadingContext } from './reading-context.ts';
import { readRecovery } from './recovery.ts';
import { blame, duration, interval, isName, nameProblem, pageUrl, someTime, text } from './scalars.ts';
import { readSignal } from './signals.ts';

/** A rule, and where it is written. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly place: Place;
}

/** What rules fall back to. */
export interface RuleDefaults {
  readonly everyMs: number;
  readonly blindAfterMs: number;
  readonly blameMs: number | null;
  readonly withinMs: number;
}

/** How often a rule is read when nothing says otherwise. */
export const defaultEveryMs = 15 * SECOND;

const policy = z.enum(['hold', 'breach', 'ok']);
const shape = {
  summary: text.optional(),
  runbook: pageUrl.optional(),
  scope: z.enum(['target', 'host']).optional(),
  every: interval.optional(),
  window: duration.optional(),
  levels: z.unknown().optional(),
  recover: z.unknown().optional(),
  on_no_data: policy.optional(),
  on_error: policy.optional(),
  blind_after: someTime.optional(),
  mode: z.enum(modes).optional(),
  blame: blame.optional(),
};

/** The rules of one pack. Rules with problems are reported and left out. */
export function readRules(
  place: Place,
  setting: { pack: string; playbooks: PlaybookNames; defaults: RuleDefaults },
  context: ReadingContext,
): readonly PlacedRule[] {
  return place.entries('rules by name').flatMap(([name, at]) => {
    if (!isName(name)) at.problem(nameProblem, 'key');
    const rule = readRule(at, { ...setting, name }, context);
    return rule === null ? [] : [{ rule, place: at }];
  });
}

function readRule(
  place: Place,
  setting: { pack: string; name: string; playbooks: PlaybookNames; defaults: RuleDefaults },
  { sources }: ReadingContext,
): Rule | null {
  const words = Object.fromEntries(Object.keys(sources).map((kind) => [kind, z.unknown().optional()]));
  const fields = place.fields({ ...words, ...shape });
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  const { pack, name, playbooks, defaults } = setting;
  const scope = fields.scope ?? 'target';
  const signal = readSignal(place, sources, scope === 'host' ? 'host rule' : 'rule');
  const levels = readLevels(place.at('levels'), { pack, playbooks, signal, withinMs: defaults.withinMs });
  const recover = readRecovery(place.at('recover'), levels, signal);
  if (signal === null || levels.length === 0) return null;
  const rule: Omit<Rule, 'digest'> = {
    id: `${pack}/${name}`,
    pack,
    name,
    summary: fields.summary ?? name,
    runbook: fields.runbook ?? null,
    scope,
    everyMs: fields.every ?? defaults.everyMs,
    source: { kind: signal.kind, options: signal.options },
    windowMs: fields.window ?? signal.source.windowMs(signal.options),
    levels,
    recover,
    onNoData: fields.on_no_data ?? 'hold',
    onError: fields.on_error ?? 'hold',
    blindAfterMs: fields.blind_after ?? defaults.blindAfterMs,
    mode: fields.mode ?? 'auto',
    blameMs: fields.blame === undefined ? defaults.blameMs : fields.blame.withinMs,
  };
  return { ...rule, digest: digest(rule) };
}
