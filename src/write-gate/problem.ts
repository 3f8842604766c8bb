import type { ServerResponse } from 'node:http';

/** Why the gate itself answers a request (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a problem; nothing when an answer is under way already. */
export function answerProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent || response.destroyed) return;
  const body = problemBody(problem);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...problem.headers,
  });
  response.end(body);
}

export function problemBody({ status, title, detail }: Problem): string {
  return `${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`;
}
