import { timingSafeEqual } from 'node:crypto';
import type { ApprovalLinks } from '../../domain/ports/links.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import { DAY, SECOND } from '../../domain/time.ts';

/** For how long after the deadline of its question a link still shows what became of it. */
const lingersMs = DAY;

/** What a link says once its signature was found to be ours. */
export interface OpenedLink {
  readonly ticket: string;
  readonly expiresAt: number;
}

export interface LinkParts {
  /** Under which people's browsers reach the API, without a final slash; null: there are no links. */
  readonly publicUrl: string | null;
  readonly vault: Pick<Vault, 'sign'>;
}

/** Makes the links that messages hold. */
export function approvalLinks({ publicUrl, vault }: LinkParts): ApprovalLinks {
  return (ticket, dueAt) => (publicUrl === null ? null : `${publicUrl}${linkPath(vault, ticket, dueAt)}`);
}

/** `/approve/TICKET.EXPIRY.SIGNATURE`, the expiry in seconds of the epoch. */
export function linkPath(vault: Pick<Vault, 'sign'>, ticket: string, dueAt: number): string {
  const signed = `${ticket}.${Math.ceil((dueAt + lingersMs) / SECOND)}`;
  return `/approve/${signed}.${vault.sign('approval link', signed)}`;
}

/** Reads the last part of a link's path; null when it is not one of ours, was changed, or has expired. */
export function openLink(vault: Pick<Vault, 'sign'>, written: string, now: number): OpenedLink | null {
  const match = /^(([\w-]{1,64})\.(\d{1,12}))\.([\w-]{43})$/.exec(written);
  if (match === null) return null;
  const [, signed = '', ticket = '', seconds = '', signature = ''] = match;
  const expiresAt = Number(seconds) * SECOND;
  // The signature is compared first: an answer's time tells nothing about an expiry that is not signed.
  const ours = same(signature, vault.sign('approval link', signed));
  return ours && now < expiresAt ? { ticket, expiresAt } : null;
}

/** Compares two texts in a time that does not tell where they differ. */
export function same(presented: string, expected: string): boolean {
  const [left, right] = [Buffer.from(presented), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
