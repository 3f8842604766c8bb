import type { PinnedRule } from '../domain/ports/detection.ts';
import type { Rule } from '../domain/rule.ts';
import { subjectsOf } from '../domain/subjects.ts';
import type { Subject, Target } from '../domain/target.ts';

/** A rule, and what it reads for. */
export interface Work {
  readonly rule: Rule;
  readonly subjects: readonly Subject[];
}

/**
 * Who reads for whom: the configured rules for everything, except where an incident keeps its own copy of one. No
 * two rules of a name read for the same subject.
 */
export function worksOf(
  rules: readonly Rule[],
  targets: Readonly<Record<string, Target>>,
  pinned: readonly PinnedRule[],
): readonly Work[] {
  const configured = rules.map((rule) => {
    const copies = pinned.filter((copy) => copy.rule.id === rule.id);
    const kept = new Set(copies.flatMap(({ subjects }) => subjects.map(({ name }) => name)));
    const rest = subjectsOf(rule, targets).filter(({ name }) => !kept.has(name));
    const same = copies.filter((copy) => copy.rule.digest === rule.digest);
    return { rule, subjects: [...rest, ...same.flatMap(({ subjects }) => subjects)] };
  });
  const known = new Set(rules.map(nameOf));
  return [...configured, ...pinned.filter(({ rule }) => !known.has(nameOf(rule)))];
}

function nameOf({ id, digest }: Rule): string {
  return `${id}@${digest}`;
}
