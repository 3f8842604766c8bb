import type { Configuration } from '../domain/configuration.ts';
import type { PinnedRule } from '../domain/ports/detection.ts';
import type { Rule } from '../domain/rule.ts';
import { subjectsOf } from '../domain/subjects.ts';
import type { Subject, Target } from '../domain/target.ts';
import type { Book } from './book.ts';
import { hasBegun, type Case } from './case.ts';

/** What detection and the registry work with. */
export interface InForce {
  readonly rules: readonly Rule[];
  readonly targets: Readonly<Record<string, Target>>;
  /** Own copies of rules, for the subjects of their incidents alone. */
  readonly pinned: readonly PinnedRule[];
  /** Names what differs from the configuration; empty when nothing does. */
  readonly kept: string;
}

/**
 * The present configuration, with the own copies of incidents that roll back: what an incident verifies by may not
 * change under it. Once it ended, the configuration alone is in force.
 */
export function inForce(book: Book): InForce {
  const { configuration } = book;
  const own = book.open().filter((open) => hasBegun(open) && open.incident.value !== 'handed_over');
  const lost = own.flatMap(targetOf).filter(({ name }) => configuration.targets[name] === undefined);
  const targets = { ...configuration.targets, ...Object.fromEntries(lost.map((one) => [one.name, one])) };
  const pinned = pinnedBy(own, configuration, targets);
  const kept = pinned.map(
    ({ rule, subjects }) => `${nameOf(rule)} on ${subjects.map(({ name }) => name).join()}`,
  );
  return {
    rules: configuration.rules,
    targets,
    pinned,
    kept: [...kept, ...lost.map(({ name }) => name)].join(' '),
  };
}

/** Own copies that say something else than the configuration does: of rules that were changed, or apply no more. */
function pinnedBy(
  own: readonly Case[],
  { rules, targets: configured }: Configuration,
  targets: Readonly<Record<string, Target>>,
): readonly PinnedRule[] {
  const present = new Map(rules.map((rule) => [nameOf(rule), rule]));
  const taken = new Set<string>();
  const pinned = new Map<string, { readonly rule: Rule; readonly subjects: Subject[] }>();
  for (const { incident } of own) {
    for (const { rule: id, subject: name } of incident.context.levels) {
      const rule = incident.context.pinned.find((copy) => copy.id === id);
      if (rule === undefined || taken.has(`${id} on ${name}`)) continue;
      if (appliesTo(present.get(nameOf(rule)), name, configured)) continue;
      taken.add(`${id} on ${name}`);
      const copy = pinned.get(nameOf(rule)) ?? { rule, subjects: [] };
      pinned.set(nameOf(rule), copy);
      copy.subjects.push({ name, target: targets[name] ?? null });
    }
  }
  return [...pinned.values()];
}

/** What is read: by which rule, as it is worded now, for which subject. */
export function pairsIn({ rules, targets, pinned }: InForce): Pairs {
  const works = [...rules.map((rule) => ({ rule, subjects: subjectsOf(rule, targets) })), ...pinned];
  return new Map(
    works.flatMap(({ rule, subjects }) =>
      subjects.map(({ name }) => [keyOf(rule, name), { rule: rule.id, subject: name }]),
    ),
  );
}

/** Rule and subject by a key that says how the rule is worded, too. */
export type Pairs = ReadonlyMap<string, { readonly rule: string; readonly subject: string }>;

/** The key of a pair; a rule that was changed has another one. */
export function keyOf({ id, digest }: Pick<Rule, 'id' | 'digest'>, subject: string): string {
  return JSON.stringify([id, digest, subject]);
}

/** Whether an evaluation was made by the rule that counts for the subject now: a reload may have come between. */
export function counts({ pinned, rules }: InForce, rule: Rule, subject: string): boolean {
  const copies = pinned.filter((copy) => copy.rule.id === rule.id);
  const copy = copies.find(({ subjects }) => subjects.some(({ name }) => name === subject))?.rule;
  return (copy ?? rules.find(({ id }) => id === rule.id))?.digest === rule.digest;
}

/** Whether the rule reads for the subject. */
export function appliesTo(
  rule: Rule | undefined,
  subject: string,
  targets: Readonly<Record<string, Target>>,
): boolean {
  return rule !== undefined && subjectsOf(rule, targets).some(({ name }) => name === subject);
}

function nameOf({ id, digest }: Rule): string {
  return `${id}@${digest}`;
}

function targetOf({ incident }: Case): readonly Target[] {
  const target = incident.context.plan?.steps[0]?.target;
  return target === undefined ? [] : [target];
}
