import type { Role } from '../domain/configuration.ts';
import { controlKeys, type MadeToken } from '../domain/controls.ts';
import { sameName } from '../domain/names.ts';
import type { Actor } from '../domain/command.ts';
import type { CommandAnswer, TokenView } from '../domain/ports/daemon.ts';
import { DAY, formatDuration } from '../domain/time.ts';
import type { Book } from './book.ts';
import { accepted, refused } from './commands/answers.ts';
import type { Core } from './core.ts';
import type { Turn } from './turn.ts';

/** How long a token that is expired or revoked is still listed: who finds it in a log wants to know whose it was. */
const keptMs = 30 * DAY;
/** More than any team needs; each of them is compared at each request. */
const mostTokens = 500;
/** As in the configuration. */
const validName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** Every token made at run time that is still listed, also those that do not count: ask `counts`. */
export function madeTokens(book: Book): readonly MadeToken[] {
  return [...book.controlsOf<MadeToken>('token:').values()];
}

/** Whether a token that was made opens anything at this instant. */
export function counts({ expiresAt, revokedAt }: MadeToken, at: number): boolean {
  return revokedAt === null && (expiresAt === null || at < expiresAt);
}

/** Whether a token was ever made: then the API asks for one for good. True as long as that is not known yet. */
export function wereEverMade(book: Book): boolean {
  return !book.loaded || book.control(controlKeys.tokensMade) !== null;
}

/** Tokens made at run time, newest first, without what would open anything. */
export function listTokens(book: Book): readonly TokenView[] {
  return madeTokens(book)
    .toSorted((a, b) => b.at - a.at)
    .map(withoutHash);
}

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly forMs: number | null;
}

/**
 * Makes a token of which only the hash is kept.
 *
 * @param hash SHA-256 of its secret, in hex
 */
export function makeToken(
  core: Core,
  request: TokenRequest,
  hash: string,
  actor: Actor,
): Promise<TokenView | { readonly refused: string }> {
  return core.turn((turn) => {
    forgetOldTokens(turn, core.book);
    const problem = whyNotMade(core.book, request, actor, turn.at);
    if (problem !== null) return { refused: problem };
    const { name, role, forMs } = request;
    const expiresAt = forMs === null ? null : turn.at + forMs;
    const token: MadeToken = { name, role, hash, by: actor.name, at: turn.at, expiresAt, revokedAt: null };
    turn.control(controlKeys.token(name), { ...token });
    turn.control(controlKeys.tokensMade, true);
    const until = forMs === null ? '' : `, good for ${formatDuration(forMs)}`;
    turn.note({
      type: 'token.made',
      message: `${actor.name} made the token ${name} of the role ${role}${until}`,
      facts: { name, role, by: actor.name, expiresAt },
    });
    return withoutHash(token);
  });
}

/** Ends a token: from the next request on it opens nothing, and event streams that it opened end within seconds. */
export function revokeToken(core: Core, name: string, actor: Actor): Promise<CommandAnswer> {
  return core.turn((turn) => {
    const { book } = core;
    if (actor.role !== 'admin') return refused(`${actor.name} is ${actor.role} and may not revoke tokens`);
    const token = book.control<MadeToken>(controlKeys.token(name));
    if (token === null) return refused(wordUnknown(book, name));
    if (!counts(token, turn.at)) return refused(`the token ${name} opens nothing any more`);
    turn.control(controlKeys.token(name), { ...token, revokedAt: turn.at });
    turn.note({
      type: 'token.revoked',
      message: `${actor.name} revoked the token ${name}`,
      facts: { name, role: token.role, by: actor.name },
    });
    const last = hasAdmin(book, turn.at)
      ? ''
      : '; no token of an admin is left: add one to `tokens` in the configuration';
    return accepted(`the token ${name} is revoked${last}`);
  });
}

/** Forgets what has been of no use for long. That there were tokens is never forgotten. */
export function forgetOldTokens(turn: Turn, book: Book): void {
  for (const { name, expiresAt, revokedAt } of madeTokens(book)) {
    const ended = revokedAt ?? expiresAt;
    if (ended !== null && ended + keptMs <= turn.at) turn.control(controlKeys.token(name), null);
  }
}

function whyNotMade(book: Book, request: TokenRequest, { name: by, role: own }: Actor, at: number) {
  const { name, role, forMs } = request;
  if (own !== 'admin') return `${by} is ${own} and may not make tokens`;
  if (!validName.test(name))
    return 'the name of a token has letters, digits, - and _, begins with a letter or digit, and is no longer than 64';
  if (forMs !== null && !(forMs > 0 && Number.isFinite(forMs))) return 'a token is good for longer than 0s';
  const { tokens } = book.configuration;
  if (tokens.some((token) => sameName(token.name, name)))
    return `the configuration has a token ${name} already: a name is one person or tool`;
  const taken = madeTokens(book).find((token) => sameName(token.name, name));
  if (taken !== undefined && (taken.name !== name || counts(taken, at)))
    return `there is a token ${taken.name} already; rollbackd token revoke ${taken.name} ends it`;
  if (madeTokens(book).length >= mostTokens) return `there are ${mostTokens} tokens: revoke some first`;
  if (tokens.length === 0 && book.control(controlKeys.tokensMade) === null && role !== 'admin')
    return `the first token has to be an admin's: from then on the API asks everybody for one`;
  return null;
}

function hasAdmin(book: Book, at: number): boolean {
  const made = madeTokens(book).filter((token) => counts(token, at));
  return [...book.configuration.tokens, ...made].some(({ role }) => role === 'admin');
}

function wordUnknown({ configuration }: Book, name: string): string {
  return configuration.tokens.some((token) => token.name === name)
    ? `the token ${name} is in the configuration: remove it there, and reload`
    : `there is no token ${name}; rollbackd token list names them`;
}

function withoutHash({ name, role, by, at, expiresAt, revokedAt }: MadeToken): TokenView {
  return { name, role, by, at, expiresAt, revokedAt };
}
