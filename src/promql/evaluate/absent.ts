import type { Expression, Matcher } from '../ast.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder, presence } from './frame.ts';
import type { LabelSet } from './label-set.ts';
import { noLabels } from './label-set.ts';

/** One element of value 1 at each step at which a vector has none. */
export function absent(frame: Frame, set: LabelSet, evaluation: Evaluation): Frame {
  const any = presence(frame);
  const builder = new FrameBuilder(frame.steps, 1, evaluation.budget);
  const at = builder.open();
  for (let step = 0; step < frame.steps; step++) {
    if (any[step] === 1) continue;
    builder.values[at + step] = 1;
    builder.present[at + step] = 1;
  }
  if (any.includes(0)) builder.keep(set);
  return builder.done();
}

/** What is known of the labels of what is absent: those that a selector asks to be equal to something, once. */
export function absentLabels(expression: Expression | undefined): LabelSet {
  if (expression === undefined) return noLabels;
  switch (expression.kind) {
    case 'selector':
      return equalLabels(expression.matchers);
    case 'range':
      return equalLabels(expression.selector.matchers);
    case 'number':
    case 'string':
    case 'subquery':
    case 'call':
    case 'aggregation':
    case 'unary':
    case 'binary':
    case 'parentheses':
      return noLabels;
  }
}

function equalLabels(matchers: readonly Matcher[]): LabelSet {
  const seen = new Set<string>();
  const labels: Record<string, string> = {};
  for (const { label, operator, value } of matchers) {
    if (label === '__name__') continue;
    if (operator === '=' && !seen.has(label)) {
      labels[label] = value;
      seen.add(label);
    } else labels[label] = '';
  }
  return noLabels.with(labels);
}
