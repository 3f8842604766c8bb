import type { Aggregation, At, Binary, Expression, Matcher, Matching, Shift, VectorSelector } from './ast.ts';
import { formatFloat } from './functions/format-float.ts';
import { quoteText } from './go-quote.ts';
import { units } from './units.ts';

/**
 * The normal form of an expression: PromQL that means the same, with blanks, quotes, units and the order of matchers
 * always alike. Reading it again gives an equal tree, the spans aside.
 */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return printNumber(expression.value);
    case 'string':
      return quoteText(expression.value);
    case 'selector':
      return `${printSeries(expression)}${printShift(expression.shift)}`;
    case 'range':
      return `${printSeries(expression.selector)}[${printMs(expression.rangeMs)}]${printShift(expression.selector.shift)}`;
    case 'subquery': {
      const step = expression.stepMs === null ? '' : printMs(expression.stepMs);
      const range = `[${printMs(expression.rangeMs)}:${step}]`;
      return `${printExpression(expression.expression)}${range}${printShift(expression.shift)}`;
    }
    case 'call':
      return `${expression.name}(${expression.args.map(printExpression).join(', ')})`;
    case 'aggregation':
      return printAggregation(expression);
    case 'unary':
      return `${expression.operator}${printExpression(expression.expression)}`;
    case 'binary':
      return printBinary(expression);
    case 'parentheses':
      return `(${printExpression(expression.expression)})`;
  }
}

/** A length of time in PromQL, in the fewest whole units: `1h30m`, `-5m`, `0s`. */
export function printMs(ms: number): string {
  if (ms === 0) return '0s';
  let left = Math.abs(ms);
  let written = ms < 0 ? '-' : '';
  for (const [unit, length] of units) {
    // Weeks and years are only used alone: `1w3d` reads worse than `10d`.
    if ((unit === 'w' || unit === 'y') && left % length !== 0) continue;
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) written += `${String(count)}${unit}`;
  }
  return written;
}

/** Without the sign of `+Inf`: in front of a power it would be read as one of the whole power. */
function printNumber(value: number): string {
  return value === Infinity ? 'Inf' : formatFloat(value);
}

const bareLabel = /^[A-Za-z_][A-Za-z0-9_]*$/;

function printSeries({ name, matchers }: VectorSelector): string {
  const written = name === null ? matchers : withoutName(matchers, name);
  if (name !== null && written.length === 0) return name;
  return `${name ?? ''}{${written.map(printMatcher).join(', ')}}`;
}

function withoutName(matchers: readonly Matcher[], name: string): readonly Matcher[] {
  return matchers.filter(
    ({ label, operator, value }) => label !== '__name__' || operator !== '=' || value !== name,
  );
}

function printMatcher({ label, operator, value }: Matcher): string {
  return `${printLabel(label)}${operator}${quoteText(value)}`;
}

function printLabel(label: string): string {
  return bareLabel.test(label) ? label : quoteText(label);
}

function printShift({ at, offsetMs }: Shift): string {
  return `${at === null ? '' : ` @ ${printAt(at)}`}${offsetMs === 0 ? '' : ` offset ${printMs(offsetMs)}`}`;
}

function printAt(at: At): string {
  return typeof at === 'string' ? `${at}()` : formatFloat(at.ms / 1000);
}

function printAggregation({ aggregator, grouping, parameter, expression }: Aggregation): string {
  const args = [...(parameter === null ? [] : [parameter]), expression].map(printExpression).join(', ');
  const ungrouped = grouping.mode === 'by' && grouping.labels.length === 0;
  const by = ungrouped ? '' : ` ${grouping.mode} ${printLabels(grouping.labels)} `;
  return `${aggregator}${by}(${args})`;
}

function printBinary({ left, right, operator, bool, matching }: Binary): string {
  const words = [operator, ...(bool ? ['bool'] : []), ...(matching === null ? [] : printMatching(matching))];
  return `${printExpression(left)} ${words.join(' ')} ${printExpression(right)}`;
}

function printMatching({ mode, labels, cardinality, include }: Matching): readonly string[] {
  const grouped = cardinality === 'many-to-one' || cardinality === 'one-to-many';
  if (mode === 'ignoring' && labels.length === 0 && !grouped) return [];
  const matched = `${mode} ${printLabels(labels)}`;
  if (!grouped) return [matched];
  const side = cardinality === 'many-to-one' ? 'group_left' : 'group_right';
  return [matched, `${side} ${printLabels(include)}`];
}

function printLabels(labels: readonly string[]): string {
  return `(${labels.map(printLabel).join(', ')})`;
}
