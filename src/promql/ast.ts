/** Where something is written in a query: offsets in UTF-16 units, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What an expression evaluates to. */
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export type Expression =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Unary
  | Binary
  | Parentheses;

export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

/** One condition on a label. Regular expressions are RE2 and match whole values; an absent label is an empty one. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  /** Whether a value of the label satisfies it. */
  readonly matches: (value: string) => boolean;
}

/** `@ 1767614400`, in ms, or `@ start()`, `@ end()`: bounds of the range query, or the instant. */
export type At = { readonly ms: number } | 'start' | 'end';

/** When a selector or subquery looks, relative to the evaluation: first `at` replaces the time, then `offsetMs` is taken off. */
export interface Shift {
  readonly offsetMs: number;
  readonly at: At | null;
}

export interface VectorSelector {
  readonly kind: 'selector';
  readonly span: Span;
  /** The name as written before the braces; null when only matchers are written. It is among `matchers`, too. */
  readonly name: string | null;
  /** The matcher of `__name__` first, if any. */
  readonly matchers: readonly Matcher[];
  readonly shift: Shift;
}

export interface MatrixSelector {
  readonly kind: 'range';
  readonly span: Span;
  /** Its `shift` holds for the whole. */
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly span: Span;
  readonly expression: Expression;
  readonly rangeMs: number;
  /** null: the default step of the evaluation. */
  readonly stepMs: number | null;
  readonly shift: Shift;
}

export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly name: string;
  readonly args: readonly Expression[];
}

export const aggregators = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'quantile',
  'count_values',
] as const;
export type Aggregator = (typeof aggregators)[number];

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly span: Span;
  readonly aggregator: Aggregator;
  /** `k` of topk, the share of quantile, the label of count_values. */
  readonly parameter: Expression | null;
  readonly expression: Expression;
  readonly grouping: { readonly mode: 'by' | 'without'; readonly labels: readonly string[] };
}

export interface Unary {
  readonly kind: 'unary';
  readonly span: Span;
  readonly operator: '+' | '-';
  readonly expression: Expression;
}

export const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
export const comparisons = ['==', '!=', '>', '<', '>=', '<='] as const;
export const setOperators = ['and', 'or', 'unless'] as const;
export type BinaryOperator =
  (typeof arithmetic)[number] | (typeof comparisons)[number] | (typeof setOperators)[number];

/** How the elements of two vectors find each other. */
export interface Matching {
  readonly mode: 'on' | 'ignoring';
  readonly labels: readonly string[];
  /** `group_left`: many on the left side; `group_right`: many on the right. Set operators are many to many. */
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** Labels that are copied from the side of one. */
  readonly include: readonly string[];
}

export interface Binary {
  readonly kind: 'binary';
  readonly span: Span;
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
  /** A comparison gives 0 or 1 instead of filtering. */
  readonly bool: boolean;
  /** null unless both sides are vectors; `ignoring()` one-to-one where nothing is written. */
  readonly matching: Matching | null;
}

export interface Parentheses {
  readonly kind: 'parentheses';
  readonly span: Span;
  readonly expression: Expression;
}
