import type { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';

/**
 * Reads what was sent; `what` is its name where a member cannot be named.
 *
 * @throws RollbackError `USAGE` naming every member that is wrong
 */
export function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describe(issue, what));
  throw new RollbackError('USAGE', problems.join('; '), { problems });
}

function describe(issue: z.core.$ZodIssue, what: string): string {
  const path = issue.path.length === 0 ? what : issue.path.join('.');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `${path}: is missing`;
  if (issue.code === 'unrecognized_keys') return `${path}: unknown key ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_value') return `${path}: expected one of ${issue.values.join(', ')}`;
  return `${path}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}
