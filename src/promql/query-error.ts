import type { Span } from './ast.ts';

/**
 * A query that is not answered.
 *
 * `bad_data`: it is not PromQL, its types do not fit, or we refuse it; `execution`: it failed on the samples, or would
 * have cost too much. The message is the one Prometheus gives where there is one.
 */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly type: 'bad_data' | 'execution';
  /** Where in the query, if it is a place. */
  readonly span: Span | null;

  constructor(type: 'bad_data' | 'execution', message: string, span: Span | null = null) {
    super(message);
    this.type = type;
    this.span = span;
  }
}
