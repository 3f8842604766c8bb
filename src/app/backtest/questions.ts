import type { Question } from '../../backtest/answered.ts';
import { ageQuery } from '../../detect/sources/freshness.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import { partsOf } from '../../domain/composition.ts';
import type { Configuration } from '../../domain/configuration.ts';
import type { Rule } from '../../domain/rule.ts';
import { subjectsOf } from '../../domain/subjects.ts';
import type { Subject } from '../../domain/target.ts';

/** A rule as it is replayed: what it reads for, and what it asks. */
export interface Replayed {
  /** Its `every` is the step of its readings. */
  readonly rule: Rule;
  readonly subjects: readonly Subject[];
  readonly questions: readonly Question[];
  /** What it asks, when that is one query or ratio by itself; null when it is composed, or compared with a baseline. */
  readonly plain: PromqlSignal | null;
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
    if (reason === null) replayed.push(replayedAs(rule, subjects));
    else unreplayed.push({ rule, reason });
  }
  return { replayed, unreplayed };
}

function whyNot(rule: Rule, subjects: readonly Subject[]): string | null {
  if (subjects.length === 0) return 'no target has it';
  const without = partsOf(rule).find(({ source: { kind } }) => kind !== 'prometheus' && kind !== 'scrape');
  return without === undefined
    ? null
    : `${without.source.kind} has no history: nobody kept what it would have read`;
}

function replayedAs(rule: Rule, subjects: readonly Subject[]): Replayed {
  const { baseline, everyMs: stepMs } = rule;
  const parts = partsOf(rule);
  const signals = parts.map(({ source }) => source.options as PromqlSignal);
  const isPlain = baseline === undefined && parts[0]?.source === rule.source;
  const asked = signals.flatMap((signal) => textsOf(signal).map((text) => ({ text, stepMs, backMs: 0 })));
  const backMs = baseline !== undefined && 'offsetMs' in baseline ? baseline.offsetMs : null;
  const earlier =
    backMs === null
      ? []
      : signals.flatMap((signal) => valuesOf(signal).map((text) => ({ text, stepMs, backMs })));
  return { rule, subjects, questions: [...asked, ...earlier], plain: isPlain ? (signals[0] ?? null) : null };
}

function textsOf(signal: PromqlSignal): readonly string[] {
  const { fresh } = signal;
  return fresh === null ? valuesOf(signal) : [...valuesOf(signal), ageQuery(fresh.selector)];
}

function valuesOf({ ask }: PromqlSignal): readonly string[] {
  return 'query' in ask ? [ask.query] : [ask.bad, ask.total];
}
