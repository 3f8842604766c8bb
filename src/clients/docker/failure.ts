import { RollbackError, messageOf, type ErrorCode } from '../../domain/errors.ts';

/** A call to the engine, as a message about it needs it. */
export interface Attempt {
  /** `stopping container shop`. */
  readonly doing: string;
  readonly endpoint: string;
  /** Whether the call changes anything: then a lost answer means that nobody knows. */
  readonly changes: boolean;
  /** Values that must not be repeated, e.g. of the environment: engines quote them in refusals. */
  readonly secrets: readonly string[];
}

const notConnected = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);

/** Turns whatever dockerode rejects with into our own error. The library's error does not travel on: it may quote secrets. */
export function wrapFailure(thrown: unknown, attempt: Attempt): RollbackError {
  if (thrown instanceof RollbackError) return thrown;
  const said = hide(engineMessage(thrown), attempt.secrets);
  const status = numberOf(thrown, 'statusCode');
  const [code, advice] = judge(status, textOf(thrown, 'code'), attempt);
  const message = `docker at ${attempt.endpoint}, ${attempt.doing}: ${said}; ${advice}`;
  const facts = { doing: attempt.doing, endpoint: attempt.endpoint, status };
  return new RollbackError(code, message, facts, { cause: new Error(said) });
}

function judge(status: number | null, code: string, { changes }: Attempt): [ErrorCode, string] {
  if (status === 404) return ['NOT_FOUND', 'check the name and whether it was removed'];
  if (status === 403) return ['REFUSED', 'allow this request in the socket proxy'];
  if (status === 502 || status === 504) return lost(changes);
  if (status !== null) return ['REFUSED', 'the engine would refuse it again; see its log'];
  if (notConnected.has(code)) return ['UNREACHABLE', 'check that the engine runs and may be reached'];
  return lost(changes);
}

function lost(changes: boolean): [ErrorCode, string] {
  if (changes) return ['EFFECT_UNKNOWN', 'state unknown, inspect before trying again'];
  return ['UNREACHABLE', 'check that the engine runs and may be reached'];
}

function engineMessage(thrown: unknown): string {
  const json = member(thrown, 'json');
  const message = Buffer.isBuffer(json) ? json.toString() : textOf(json, 'message');
  const text = message.trim() === '' ? messageOf(thrown) : message;
  return text.trim().replaceAll(/\s+/g, ' ').slice(0, 500);
}

function hide(text: string, secrets: readonly string[]): string {
  return [...secrets]
    .filter(({ length }) => length >= 4)
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), text);
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function textOf(value: unknown, key: string): string {
  const text = member(value, key);
  return typeof text === 'string' ? text : '';
}

function numberOf(value: unknown, key: string): number | null {
  const number = member(value, key);
  return typeof number === 'number' ? number : null;
}
