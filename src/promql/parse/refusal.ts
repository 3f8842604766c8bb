import type { Span } from '../ast.ts';
import { QueryError } from '../query-error.ts';

/** The error of a query that does not parse, with Prometheus' prefix: line and column, both from 1, of `span.from`. */
export function parseError(text: string, span: Span, message: string): QueryError {
  const before = text.slice(0, span.from);
  const line = before.split('\n').length;
  const column = Array.from(before.slice(before.lastIndexOf('\n') + 1)).length + 1;
  return new QueryError('bad_data', `${String(line)}:${String(column)}: parse error: ${message}`, {
    from: span.from,
    to: span.to,
  });
}
