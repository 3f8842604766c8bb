import type { AskedView } from '../../domain/ports/daemon.ts';
import type { Vault } from '../../domain/ports/vault.ts';
import { HOUR, SECOND } from '../../domain/time.ts';
import { same } from './link.ts';

/** For how long a page that was opened can be answered from. */
const livesMs = HOUR;

interface Bound {
  /** Last part of the link's path. */
  readonly link: string;
  readonly asked: AskedView;
  readonly now: number;
}

/**
 * What a page's form has to send back. It is bound to the link, to an expiry, and to how the question stood when the
 * page was made: once anybody answered or prolonged it, older pages count no more.
 */
export function pageToken(vault: Pick<Vault, 'sign'>, { link, asked, now }: Bound): string {
  const expiry = String(Math.ceil((now + livesMs) / SECOND));
  return `${expiry}.${signature(vault, link, asked, expiry)}`;
}

/** Whether it came from a page of ours that shows the question as it still is. */
export function isPageToken(
  vault: Pick<Vault, 'sign'>,
  presented: string,
  { link, asked, now }: Bound,
): boolean {
  const match = /^(\d{1,12})\.([\w-]{43})$/.exec(presented);
  if (match === null) return false;
  const [, expiry = '', signed = ''] = match;
  return same(signed, signature(vault, link, asked, expiry)) && now < Number(expiry) * SECOND;
}

function signature(vault: Pick<Vault, 'sign'>, link: string, asked: AskedView, expiry: string): string {
  const { question } = asked.incident;
  const stands = [question?.id, question?.state, question?.dueAt, question?.answers.length];
  return vault.sign('approval page', JSON.stringify([link, expiry, ...stands]));
}
