import { ageQuery } from '../../detect/sources/freshness.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import type { Question } from '../../backtest/answered.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { Rule } from '../../domain/rule.ts';
import { subjectsOf } from '../../domain/subjects.ts';
import type { Subject } from '../../domain/target.ts';

/** A rule as it is replayed: what it reads for, and what it asks. */
export interface Replayed {
  /** Its `every` is the step of its readings. */
  readonly rule: Rule;
  readonly subjects: readonly Subject[];
  readonly signal: PromqlSignal;
  readonly questions: readonly Question[];
}

/** A rule that has no history, and why. */
export interface Unreplayed {
  readonly rule: Rule;
  readonly reason: string;
}

/** Sorts the rules into those whose readings can be had from the past, and those whose cannot. */
export function sortRules({ rules, targets }: Configuration): {
  readonly replayed: readonly Replayed[];
  readonly unreplayed: readonly Unreplayed[];
} {
  const replayed: Replayed[] = [];
  const unreplayed: Unreplayed[] = [];
  for (const rule of rules) {
    const subjects = subjectsOf(rule, targets);
    const reason = whyNot(rule, subjects);
    if (reason !== null) unreplayed.push({ rule, reason });
    else {
      const signal = rule.source.options as PromqlSignal;
      const texts = textsOf(signal);
      const questions = texts.map((text) => ({ text, stepMs: rule.everyMs }));
      replayed.push({ rule, subjects, signal, questions });
    }
  }
  return { replayed, unreplayed };
}

function whyNot({ source, baseline }: Rule, subjects: readonly Subject[]): string | null {
  if (source.kind !== 'prometheus' && source.kind !== 'scrape')
    return `${source.kind} has no history: nobody kept what it would have read`;
  if (baseline !== undefined)
    return 'it is compared with a baseline, and the history holds one query at one time';
  return subjects.length === 0 ? `no target has it` : null;
}

function textsOf({ ask, fresh }: PromqlSignal): readonly string[] {
  const asked = 'query' in ask ? [ask.query] : [ask.bad, ask.total];
  return fresh === null ? asked : [...asked, ageQuery(fresh.selector)];
}
