import type { RE2JS } from 're2js';
import { compilePattern } from '../matcher.ts';
import { QueryError } from '../query-error.ts';
import type { Evaluation } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct } from './frame.ts';
import type { LabelSet } from './label-set.ts';

const nameLabel = '__name__';
/** Steps of a pattern that captures which take about as long as a series takes through an operator. */
const stepsPerRow = 64;
/** Characters of a label value that is made. Values that are doubled again and again would fill the memory. */
const longestValue = 65_536;

/** `label_replace(v, target, replacement, source, pattern)`: its texts in order, the vector left out. */
export function replaceLabel(frame: Frame, texts: readonly string[], evaluation: Evaluation): Frame {
  const [target = '', replacement = '', source = '', pattern = ''] = texts;
  const compiled = compile(pattern);
  if (target === '')
    throw new QueryError('execution', `invalid destination label name in label_replace(): ${target}`);
  const replaced = new Map<string, string | null>();
  return relabelled(frame, target, evaluation, (set) => {
    const value = set.get(source);
    const before = replaced.get(value);
    if (before !== undefined) return before;
    evaluation.budget.rows((value.length * compiled.programSize()) / stepsPerRow);
    const matcher = compiled.matcher(value);
    const after = matcher.matches() ? expand(replacement, matcher) : null;
    replaced.set(value, after);
    return after;
  });
}

/** `label_join(v, target, separator, source…)`: its texts in order, the vector left out. */
export function joinLabels(frame: Frame, texts: readonly string[], evaluation: Evaluation): Frame {
  const [target = '', separator = '', ...sources] = texts;
  if (target === '')
    throw new QueryError('execution', `invalid destination label name in label_join(): ${target}`);
  if (sources.includes('')) throw new QueryError('execution', 'invalid source label name in label_join(): ');
  return relabelled(frame, target, evaluation, (set) =>
    sources.map((source) => set.get(source)).join(separator),
  );
}

/** Gives a label another value in each row; null leaves the row as it is. A name that is set is no longer taken off. */
function relabelled(
  frame: Frame,
  target: string,
  evaluation: Evaluation,
  valueOf: (set: LabelSet) => string | null,
): Frame {
  const unnamed = [...frame.unnamed];
  const sets = frame.sets.map((set, row) => {
    const value = valueOf(set);
    if (value === null) return set;
    if (value.length > longestValue) throw tooLong(target, value.length);
    if (target === nameLabel) unnamed[row] = false;
    return set.get(target) === value ? set : set.with({ [target]: value });
  });
  return distinct({ ...frame, sets, unnamed }, evaluation.budget, false);
}

function tooLong(label: string, length: number): QueryError {
  return new QueryError(
    'execution',
    `label ${label} would have a value of ${length} characters, at most ${longestValue}`,
  );
}

function compile(pattern: string): RE2JS {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw invalidPattern(pattern, error);
  }
}

function invalidPattern(pattern: string, cause: unknown): QueryError {
  const error = new QueryError('execution', `invalid regular expression in label_replace(): ${pattern}`);
  error.cause = cause;
  return error;
}

interface Groups {
  groupCount(): number;
  group(which: number | string): string | null;
}

/** Puts groups in the place of `$1`, `$name`, `${name}`; `$$` is a dollar sign, groups that are not there are empty. */
function expand(template: string, matcher: Groups): string {
  return template.replaceAll(
    /\$(?:\$|(\w+)|\{(\w+)\})/g,
    (whole, bare: string | undefined, braced: string | undefined) => {
      const name = bare ?? braced;
      if (name === undefined) return whole === '$$' ? '$' : whole;
      return groupOf(matcher, name);
    },
  );
}

function groupOf(matcher: Groups, name: string): string {
  if (!/^\d+$/.test(name)) return named(matcher, name);
  const number = Number(name);
  return number <= matcher.groupCount() ? (matcher.group(number) ?? '') : '';
}

function named(matcher: Groups, name: string): string {
  try {
    return matcher.group(name) ?? '';
  } catch {
    return '';
  }
}
