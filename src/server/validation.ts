import type { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';

/** Names every member that is wrong; `what` is the name of the whole. */
export function usageIn(error: z.ZodError, what: string): RollbackError {
  const problems = error.issues.map((issue) => describe(issue, what));
  return new RollbackError('USAGE', problems.join('; '), { problems });
}

function describe(issue: z.core.$ZodIssue, what: string): string {
  const path = issue.path.length === 0 ? what : issue.path.join('.');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined'))
    return `${path}: is missing`;
  if (issue.code === 'unrecognized_keys') return `${path}: unknown key ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_value') return `${path}: expected one of ${issue.values.join(', ')}`;
  return `${path}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}
