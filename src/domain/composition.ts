import type { Comparison, Rule } from './rule.ts';

/** How signals are composed: all of them must breach, or any. */
export const composings = ['all', 'any'] as const;
export type Composing = (typeof composings)[number];

/** One signal of several. Without a comparison it is a probe, which breaches by failing. */
export interface Part {
  readonly source: Rule['source'];
  readonly comparison?: Comparison;
}

/** Options of a source whose kind is `all` or `any`. */
export interface Composition {
  readonly parts: readonly Part[];
}

export function isComposed(kind: string): kind is Composing {
  return (composings as readonly string[]).includes(kind);
}

/** The signals that a rule reads: its parts, or its one signal. */
export function partsOf({ source }: Pick<Rule, 'source'>): readonly Part[] {
  return isComposed(source.kind) ? (source.options as Composition).parts : [{ source }];
}
