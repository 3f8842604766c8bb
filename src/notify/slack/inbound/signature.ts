import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SECOND } from '../../../domain/time.ts';
import type { SignedRequest } from '../../../domain/ports/interactions.ts';
import type { Secret } from '../../../domain/secret.ts';

/** Either way: a request from the future is as wrong as an old one. Slack's own limit. */
const toleranceMs = 300 * SECOND;

/** Why a request is refused; the words of the counter. Whoever sent it is never told. */
export type Refusal = 'no_signature' | 'bad_timestamp' | 'wrong_time' | 'wrong_signature';

export type Verified = { readonly key: string } | { readonly refused: Refusal };

/**
 * Whether Slack sent this: `v0=` and the HMAC-SHA256 of `v0:SECONDS:BODY`, under one of the secrets, of the bytes as
 * they came.
 *
 * @param now epoch ms of the machine's own clock
 * @returns a key that the same signature always has, by which a replay is known
 */
export function verify(
  { signature, timestamp, body }: Omit<SignedRequest, 'kind'>,
  secrets: readonly Secret[],
  now: number,
): Verified {
  if (signature === null || !/^v0=[0-9a-f]{64}$/.test(signature)) return { refused: 'no_signature' };
  if (timestamp === null || !/^[1-9]\d{0,11}$/.test(timestamp)) return { refused: 'bad_timestamp' };
  if (Math.abs(now - Number(timestamp) * SECOND) > toleranceMs) return { refused: 'wrong_time' };
  const presented = Buffer.from(signature);
  // Every secret is tried, so that the time taken does not tell which one was nearly right.
  const matches = secrets.filter((secret) => same(presented, sign(secret, timestamp, body)));
  if (matches.length === 0) return { refused: 'wrong_signature' };
  return { key: `signature/${createHash('sha256').update(presented).digest('hex')}` };
}

function sign(secret: Secret, timestamp: string, body: Buffer): Buffer {
  const hmac = createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:`).update(body);
  return Buffer.from(`v0=${hmac.digest('hex')}`);
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
