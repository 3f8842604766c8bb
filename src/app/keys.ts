import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { Vault } from '../domain/ports/vault.ts';
import { makeCode, useCode, type CodeMaking } from '../engine/codes.ts';
import type { Core } from '../engine/core.ts';
import { linkPath } from '../server/approval/link.ts';
import { listTokens, makeToken, revokeToken } from '../engine/tokens.ts';

/** How secrets of tokens begin, so that scanners for leaked ones know them. */
const tokenPrefix = 'rbd_';

/** Tokens and one-time codes of the running daemon: chance and hashes from here, the rules from the engine. */
export function keysOf(
  core: Core,
  vault: Pick<Vault, 'sign'>,
): Pick<Daemon, 'tokens' | 'makeToken' | 'revokeToken' | 'makeCode' | 'useCode'> {
  const making: CodeMaking = { draw: drawCode, hash: (text) => vault.sign('one-time code', text) };
  return {
    tokens: () => Promise.resolve(listTokens(core.book)),
    makeToken: async (request, actor) => {
      const secret = `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
      const made = await makeToken(core, request, createHash('sha256').update(secret).digest('hex'), actor);
      return 'refused' in made ? made : { secret, token: made };
    },
    revokeToken: (name, actor) => revokeToken(core, name, actor),
    makeCode: async (request, actor) => {
      const made = await makeCode(core, making, request, actor);
      return 'refused' in made ? made : { ...made, page: pageOf(core, vault, request.incident) };
    },
    useCode: (ticket, code) => useCode(core, making, ticket, code),
  };
}

/** The page of the question that is open. */
function pageOf(core: Core, vault: Pick<Vault, 'sign'>, incident: string): string {
  const { ticket = '', dueAt = 0 } = core.book.find(incident)?.approval?.context ?? {};
  return `${core.book.configuration.publicUrl ?? ''}${linkPath(vault, ticket, dueAt)}`;
}

function drawCode(): string {
  return String(randomInt(100_000_000)).padStart(8, '0');
}
