import { STATUS_CODES } from 'node:http';
import type { FastifyError } from 'fastify';
import type { ErrorCode } from '../domain/errors.ts';
import { RollbackError } from '../domain/errors.ts';

/** RFC 9457, with our code. Never holds a stack trace. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Says what went wrong in an answer. Only errors of ours and of the HTTP parser speak for themselves. */
export function problemOf(error: unknown, requestId: string): Problem {
  if (error instanceof RollbackError) return problem(statusOf(error), error.code, error.message);
  const status = clientStatus(error);
  if (status === 413) return problem(413, 'USAGE', 'the body is larger than 64 KiB');
  if (status === 415) return problem(415, 'USAGE', 'send JSON, with content-type: application/json');
  if (status !== null) return problem(status, 'USAGE', `the request could not be read: ${said(error)}`);
  return problem(
    500,
    'UNEXPECTED',
    `an unexpected fault; the log of the daemon has it under request ${requestId}`,
  );
}

function problem(status: number, code: ErrorCode, detail: string): Problem {
  return { status, title: STATUS_CODES[status] ?? 'Error', code, detail };
}

const statuses: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RELEASE_MISSING: 409,
  PLAN_REFUSED: 409,
  PLAN_STALE: 409,
  ANSWER_LATE: 409,
  CONFIG_INVALID: 409,
  SECRET_MISSING: 409,
  STORE_CONFLICT: 409,
  REPEAT_UNKNOWN: 409,
  REPEAT_DIFFERS: 422,
  RATE_LIMITED: 429,
};

function statusOf(error: RollbackError): number {
  return statuses[error.code] ?? (error.recourse === 'retry' ? 503 : 500);
}

function clientStatus(error: unknown): number | null {
  const status = error instanceof Error ? (error as Partial<FastifyError>).statusCode : undefined;
  return status !== undefined && status >= 400 && status < 500 ? status : null;
}

function said(error: unknown): string {
  return error instanceof Error ? error.message.charAt(0).toLowerCase() + error.message.slice(1) : 'unknown';
}
