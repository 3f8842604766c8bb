import type { Expression, VectorSelector } from '../promql/ast.ts';
import { walk } from './walk.ts';

/** The name of the metric that a selector reads, if exactly one is written. */
export function metricOf(selector: VectorSelector): string | null {
  if (selector.name !== null) return selector.name;
  const named = selector.matchers.find(({ label }) => label === '__name__');
  return named?.operator === '=' && named.value !== '' ? named.value : null;
}

/** By the naming of Prometheus: counters end in `_total`; histograms and summaries in `_count`, `_sum`, `_bucket`. */
export function looksLikeCounter(name: string): boolean {
  return /_(total|count|sum|bucket)$/.test(name);
}

/** `job:errors:rate5m`: what a recording rule made; its name says nothing about its type. */
export function isRecorded(name: string): boolean {
  return name.includes(':');
}

/** The selectors of a tree. */
export function selectorsOf(root: Expression): readonly VectorSelector[] {
  return [...walk(root)].flatMap(({ node }) => (node.kind === 'selector' ? [node] : []));
}

/** Functions that take a counter, and no gauge. */
export const counterFunctions: ReadonlySet<string> = new Set(['rate', 'irate', 'increase', 'resets']);
/** Functions that take a gauge, and no counter. */
export const gaugeFunctions: ReadonlySet<string> = new Set(['delta', 'idelta', 'deriv', 'predict_linear']);
