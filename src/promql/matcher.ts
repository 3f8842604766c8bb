import { RE2JS } from 're2js';
import type { Matcher } from './ast.ts';

/** Characters of a pattern that is more than a list of literals, and instructions of a compiled one. */
const largestPattern = 8_192;
const largestProgram = 20_000;
/** Values whose answer a matcher remembers. */
const rememberedValues = 4_096;

/**
 * A condition on a label. Regular expressions are RE2, match whole values, and their dot matches line breaks.
 *
 * @throws Error for an invalid or too large expression, with RE2's message
 */
export function createMatcher(label: string, operator: Matcher['operator'], value: string): Matcher {
  return { label, operator, value, matches: predicateOf(operator, value) };
}

function predicateOf(operator: Matcher['operator'], value: string): (value: string) => boolean {
  switch (operator) {
    case '=':
      return (actual) => actual === value;
    case '!=':
      return (actual) => actual !== value;
    case '=~':
      return patternOf(value);
    case '!~': {
      const matches = patternOf(value);
      return (actual) => !matches(actual);
    }
  }
}

const meta = /[\\.+*?()|[\]{}^$]/;

function patternOf(pattern: string): (value: string) => boolean {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (value) => value !== '';
  const alternatives = pattern.split('|');
  if (alternatives.every((alternative) => !meta.test(alternative))) {
    const literals = new Set(alternatives);
    return (value) => literals.has(value);
  }
  return affixOf(pattern) ?? compiled(pattern);
}

/** `literal.*`, `.*literal` and `.*literal.*`, with `+` too, need no automaton. */
function affixOf(pattern: string): ((value: string) => boolean) | null {
  const [, before = '', literal = '', after = ''] = /^(\.[*+])?([^]*?)(\.[*+])?$/.exec(pattern) ?? [];
  if (literal === '' || meta.test(literal)) return null;
  const atLeast = before === '.+' ? 1 : 0;
  const least = literal.length + atLeast + (after === '.+' ? 1 : 0);
  if (before === '') return (value) => value.length >= least && value.startsWith(literal);
  if (after === '') return (value) => value.length >= least && value.endsWith(literal);
  return (value) => {
    const at = value.indexOf(literal, atLeast);
    return at !== -1 && at + literal.length + (after === '.+' ? 1 : 0) <= value.length;
  };
}

function compiled(pattern: string): (value: string) => boolean {
  const program = compilePattern(pattern);
  const remembered = new Map<string, boolean>();
  return (value) => {
    const known = remembered.get(value);
    if (known !== undefined) return known;
    const matches = program.testExact(value);
    if (remembered.size < rememberedValues) remembered.set(value, matches);
    return matches;
  };
}

/**
 * A regular expression of RE2 whose dot matches line breaks.
 *
 * @throws Error for an invalid or too large expression, with RE2's message
 */
export function compilePattern(pattern: string): RE2JS {
  if (pattern.length > largestPattern) {
    throw new Error(
      `regular expression of ${String(pattern.length)} characters, at most ${String(largestPattern)}`,
    );
  }
  const program = compile(pattern);
  if (program.programSize() > largestProgram) throw new Error('regular expression too large when compiled');
  return program;
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (error) {
    // The flag is put before the pattern, and so into the message.
    const message = error instanceof Error ? error.message.replace('`(?s)', '`') : String(error);
    throw new Error(message, { cause: error });
  }
}
