import { z } from 'zod';
import { digest } from '../domain/json.ts';
import { modes, type Rule } from '../domain/rule.ts';
import { SECOND } from '../domain/time.ts';
import { checkUse, readBaseline, timelessIn } from './baselines.ts';
import { readRuleSignal, signalKeys } from './composed.ts';
import { readLevels } from './levels.ts';
import type { Place } from './place.ts';
import type { PlaybookNames } from './playbook-names.ts';
import { checkGoldenPrograms } from './programs.ts';
import type { ReadingContext } from './reading-context.ts';
import { readRecovery } from './recovery.ts';
import { blame, duration, interval, isName, nameProblem, pageUrl, someTime, text } from './scalars.ts';

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
/** The keys of a rule beside its signal. */
export const ruleShape = {
  summary: text.optional().describe('What it watches, for people'),
  runbook: pageUrl.optional().describe('Where people read what to do'),
  scope: z.enum(['target', 'host']).optional().describe('One reading for each target, or for each host'),
  every: interval.optional().describe('How often it is read'),
  window: duration
    .optional()
    .describe('Readings younger than this after an effect prove nothing; the longest range unless stated'),
  levels: z.unknown().optional().describe('One or more of critical, high, medium'),
  recover: z.unknown().optional().describe('What ends a firing level'),
  baseline: z.unknown().optional().describe('What thresholds in times (3x) are compared with'),
  on_no_data: policy.optional().describe('What a reading without data counts as'),
  on_error: policy.optional().describe('What a reading that cannot be trusted counts as'),
  blind_after: someTime.optional().describe('Unknown for longer opens an incident of the source'),
  mode: z.enum(modes).optional().describe('How far this rule may go; shadow decides nothing'),
  blame: blame.optional().describe('How recent a change must be to be blamed; off: whatever changed'),
};

/** What the rules of one pack are read with. */
interface PackSetting {
  readonly pack: string;
  readonly playbooks: PlaybookNames;
  readonly defaults: RuleDefaults;
  readonly allowedPrograms: readonly string[];
}

/** The rules of one pack. Rules with problems are reported and left out. */
export function readRules(
  place: Place,
  setting: PackSetting,
  context: ReadingContext,
): readonly PlacedRule[] {
  return place.entries('rules by name').flatMap(([name, at]) => {
    if (!isName(name)) at.problem(nameProblem, 'key');
    checkGoldenPrograms(at, setting.allowedPrograms);
    const rule = readRule(at, { ...setting, name }, context);
    return rule === null ? [] : [{ rule, place: at }];
  });
}

function readRule(
  place: Place,
  setting: PackSetting & { readonly name: string },
  { sources }: ReadingContext,
): Rule | null {
  const words = Object.fromEntries(signalKeys(sources).map((kind) => [kind, z.unknown().optional()]));
  const fields = place.fields({ ...words, ...ruleShape });
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  const { pack, name, playbooks, defaults } = setting;
  const scope = fields.scope ?? 'target';
  const signal = readRuleSignal(place, sources, scope === 'host' ? 'host rule' : 'rule');
  const everyMs = fields.every ?? defaults.everyMs;
  const compared = { signal, timeless: timelessIn(place) };
  const { withinMs } = defaults;
  const levels = readLevels(place.at('levels'), { pack, playbooks, withinMs, scope, ...compared });
  const recover = readRecovery(place.at('recover'), levels, compared);
  const baseline = readBaseline(place.at('baseline'), { signal, scope, everyMs });
  if (baseline !== null) checkUse(place.at('baseline'), levels, recover);
  if (signal === null || levels.length === 0) return null;
  const rule: Omit<Rule, 'digest'> = {
    id: `${pack}/${name}`,
    pack,
    name,
    summary: fields.summary ?? name,
    runbook: fields.runbook ?? null,
    scope,
    everyMs,
    source: { kind: signal.kind, options: signal.options },
    ...(baseline === null ? {} : { baseline }),
    windowMs: fields.window ?? signal.windowMs,
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
