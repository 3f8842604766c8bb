import { z } from 'zod';
import type { Place } from '../../config/place.ts';
import { duration, name, quantity, text } from '../../config/scalars.ts';
import { unknownWord } from '../../config/suggest.ts';
import type { Configuration } from '../../domain/configuration.ts';
import { guardNames } from '../../domain/incident.ts';
import { severities, type Rule } from '../../domain/rule.ts';
import type { Expectation, RuleWants, TargetWants, Timing } from '../../rehearse/rule-test.ts';
import { ruleAt, targetAt, whereOf } from './names.ts';

const actions = ['rollback', 'ask', 'investigate', 'monitor', 'hand_over'] as const;
const states = [
  'judging',
  'halted',
  'planning',
  'asking',
  'starting',
  'rolling_back',
  'verifying',
  'releasing',
  'holding',
  'undoing',
  'monitoring',
  'investigating',
  'handed_over',
  'closed',
] as const;

const phase = z.enum(['clear', 'pending', 'firing', 'recovering']);

const ruleShape = {
  verdict: z.enum(['ok', 'breach', 'no_data', 'error', 'insufficient', 'never_seen', 'not_read']).optional(),
  level: z.enum(severities).optional(),
  phase: z.union([phase, z.array(phase).min(1)]).optional(),
  armed: z.boolean().optional(),
  value: quantity.optional(),
};

const targetShape = {
  decision: z.enum([...actions, 'none']).optional(),
  wanted: z.enum(actions).optional(),
  guards: z.array(z.enum(guardNames)).optional(),
  severity: z.enum(severities).optional(),
  lead: text.optional(),
  state: z.enum(states).optional(),
  outcome: z.enum(['recovered', 'rolled_back', 'withdrawn', 'handed_over', 'none']).optional(),
  playbook: z.string().optional(),
  rolled_back_to: name.optional(),
  running: name.optional(),
};

const wantsShape = {
  rule: z.string().optional(),
  target: z.string().optional(),
  ...ruleShape,
  ...targetShape,
};
const shape = {
  ...wantsShape,
  at: duration.optional(),
  by: duration.optional(),
  never: z.unknown().optional(),
  until: duration.optional(),
};

/** What expectations are read against. */
interface Setting {
  readonly file: string;
  readonly configuration: Configuration;
}

/** `expect:`. Expectations with problems are reported and left out. */
export function readExpectations(place: Place, setting: Setting): readonly Expectation[] {
  return place.items('expectations').flatMap((item) => {
    const expectation = readExpectation(item, setting);
    return expectation === null ? [] : [expectation];
  });
}

function readExpectation(place: Place, setting: Setting): Expectation | null {
  const fields = place.fields(shape);
  const timing = timingOf(place, fields);
  if (timing === null) return null;
  const at = timing.when === 'never' ? place.at('never') : place;
  if (timing.when === 'never')
    for (const key of Object.keys(wantsShape))
      if (place.has(key)) place.at(key).problem('stands beside never: move it into never: { … }', 'key');
  const wants = at.fields(timing.when === 'never' ? wantsShape : shape);
  const rule = readRuleWants(at, wants, setting.configuration);
  const target = readTargetWants(at, wants, setting.configuration);
  if (rule === null && target === null) {
    if (at.value !== null && typeof at.value === 'object' && place.findings.problems.length === 0)
      at.problem('expects nothing; add e.g. verdict, phase, decision or outcome', 'key');
    return null;
  }
  return { where: whereOf(place, setting.file), timing, rule, target };
}

function timingOf(
  place: Place,
  {
    at,
    by,
    until,
  }: {
    readonly at?: number | undefined;
    readonly by?: number | undefined;
    readonly until?: number | undefined;
  },
): Timing | null {
  const written = ['at', 'by', 'never'].filter((key) => place.has(key));
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  if (written.length !== 1) {
    place.problem('says not when; expected one of at: 5m, by: 10m or never: { … }', 'key');
    return null;
  }
  if (place.has('until') && !place.has('never')) place.at('until').problem('belongs to never', 'key');
  if (place.has('never')) return { when: 'never', ms: until ?? Infinity };
  if (at !== undefined) return { when: 'at', ms: at };
  return by === undefined ? null : { when: 'by', ms: by };
}

type Written = { readonly [K in keyof typeof wantsShape]?: z.output<(typeof wantsShape)[K]> | undefined };

function readRuleWants(place: Place, wants: Written, configuration: Configuration): RuleWants | null {
  const written = Object.keys(ruleShape).filter((key) => place.has(key));
  if (wants.rule === undefined) {
    if (written.length > 0) place.problem(`${written.join(', ')} is of a rule; add rule:`, 'key');
    return null;
  }
  const rule = ruleAt(place.at('rule'), wants.rule, configuration.rules, 'value');
  if (rule === null) return null;
  const lead = Object.keys(targetShape).some((key) => place.has(key));
  if (written.length === 0 && !lead) {
    place.problem('says not what the rule is expected to say; add e.g. verdict or phase', 'key');
    return null;
  }
  if (wants.level !== undefined && !rule.levels.some(({ severity }) => severity === wants.level))
    place
      .at('level')
      .problem(
        `${rule.id} has no level ${wants.level}; it has ${rule.levels.map(({ severity }) => severity).join(', ')}`,
      );
  return {
    rule: rule.id,
    subject: subjectOf(place, rule, wants, configuration),
    verdict: wants.verdict ?? null,
    level: wants.level ?? null,
    // A level alone is one that fires.
    phases:
      wants.phase === undefined ? (wants.level === undefined ? null : ['firing']) : [wants.phase].flat(),
    armed: wants.armed ?? null,
    value: wants.value?.value ?? null,
  };
}

function subjectOf(place: Place, rule: Rule, wants: Written, { targets }: Configuration): string {
  const applies = Object.values(targets).filter(({ packs }) => packs.includes(rule.pack));
  const name = targetAt(
    place,
    wants.target,
    applies.map((target) => target.name),
  );
  return rule.scope === 'target' ? name : `host:${targets[name]?.host ?? ''}`;
}

function readTargetWants(
  place: Place,
  wants: Written,
  { targets, rules, playbooks }: Configuration,
): TargetWants | null {
  if (!Object.keys(targetShape).some((key) => place.has(key))) return null;
  const source = wants.target?.startsWith('source:') === true ? wants.target : null;
  const lead = wants.lead === undefined ? null : leadOf(place, wants.lead, rules);
  return {
    target: source ?? targetAt(place, wants.target, Object.keys(targets)),
    decision: wants.decision ?? null,
    wanted: wants.wanted ?? null,
    guards: wants.guards ?? null,
    severity: wants.severity ?? null,
    lead,
    state: wants.state ?? null,
    outcome: wants.outcome ?? null,
    playbook: wants.playbook === undefined ? null : playbookAt(place, wants.playbook, Object.keys(playbooks)),
    rolledBackTo: wants.rolled_back_to ?? null,
    running: wants.running ?? null,
  };
}

/** By its name, or by `pack/name`. */
function playbookAt(place: Place, written: string, playbooks: readonly string[]): string | null {
  const found = playbooks.find((id) => id === written || id.endsWith(`/${written}`));
  if (found === undefined) place.at('playbook').problem(unknownWord('unknown playbook', written, playbooks));
  return found ?? null;
}

function leadOf(place: Place, written: string, rules: readonly Rule[]): string {
  if (written.startsWith('builtin/')) return written;
  return ruleAt(place.at('lead'), written, rules, 'value')?.id ?? '';
}
