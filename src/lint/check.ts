import type { Configuration } from '../domain/configuration.ts';
import type { Gravity } from '../domain/finding.ts';
import type { Rule } from '../domain/rule.ts';
import type { Expression, Span } from '../promql/ast.ts';
import type { Path, PlacedText, SourceFile, Stretch } from './source-file.ts';

/** One thing that a check found. */
export interface Hit {
  readonly at: Stretch;
  readonly message: string;
  /** Where this case weighs more or less than the others of its code. */
  readonly gravity?: Gravity;
  /** Where this case needs other advice than the others of its code. */
  readonly remedy?: string;
}

/** What is said of every finding of a code. */
export interface Explained {
  readonly gravity: Gravity;
  /** One sentence: why it matters. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
}

/** A check that needs nothing but the files. */
export interface Check extends Explained {
  find(lint: Lint): Iterable<Hit>;
}

/** One text of PromQL, parsed as far as it can be. */
export interface Query {
  /** Its word in YAML. */
  readonly role: 'query' | 'bad' | 'total' | 'fresh';
  readonly placed: PlacedText;
  /** null when it is not PromQL; `problem` says why. */
  readonly expression: Expression | null;
  readonly problem: { readonly message: string; readonly span: Span } | null;
  readonly signal: Signal;
}

/** A signal that is read by PromQL, as it is written in a rule or in a check of a playbook. */
export interface Signal {
  readonly kind: 'prometheus' | 'scrape';
  readonly file: SourceFile;
  readonly path: Path;
  readonly pack: string;
  /** null in playbooks. */
  readonly rule: Rule | null;
  readonly queries: readonly Query[];
  /** `min` of a ratio, 0 where it is left out; null when it is no ratio. */
  readonly min: number | null;
  readonly maxAgeMs: number | null;
  readonly emptyIsOk: boolean;
}

/** A rule and where it is written. */
export interface LintedRule {
  readonly rule: Rule;
  readonly file: SourceFile;
  readonly path: Path;
  readonly signals: readonly Signal[];
}

/** A pack as far as a linter reads it. */
export interface LintedPack {
  readonly name: string;
  readonly rules: SourceFile | null;
  readonly playbooks: SourceFile | null;
  /** Texts of its rule tests; null when it has no folder of them. */
  readonly tests: readonly string[] | null;
}

/** Everything that checks look at. */
export interface Lint {
  readonly configuration: Configuration;
  /** null when a pack is looked at alone: nothing is known of targets then. */
  readonly main: SourceFile | null;
  readonly packs: readonly LintedPack[];
  readonly files: readonly SourceFile[];
  readonly rules: readonly LintedRule[];
  /** Of rules and playbooks. */
  readonly signals: readonly Signal[];
  /** How often samples come, as far as it is known or assumed. */
  scrapeMs(signal: Signal): number;
}

/** Where a span of a query stands in its file. */
export function stretchOf({ placed }: Query, span: Span): Stretch {
  return placed.stretch(span.from, span.to);
}

/** A query as it is written. */
export function textOf({ placed }: Query, span: Span): string {
  return placed.text.slice(span.from, span.to).replaceAll(/\s+/g, ' ');
}

/** A query that parsed, with its syntax tree at hand. */
export type ParsedQuery = Query & { readonly expression: Expression };

/** A query that parsed, or nothing. */
export function parsedOf(query: Query): readonly ParsedQuery[] {
  return query.expression === null ? [] : [{ ...query, expression: query.expression }];
}

/** The queries that parsed. Selectors of `fresh` are left out unless asked for. */
export function* parsedQueries(
  { signals }: Lint,
  roles: readonly Query['role'][] = ['query', 'bad', 'total'],
): Generator<ParsedQuery> {
  for (const signal of signals)
    for (const query of signal.queries) if (roles.includes(query.role)) yield* parsedOf(query);
}
