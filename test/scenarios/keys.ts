import { digest } from '../../src/domain/json.ts';
import type { Actor } from '../../src/domain/command.ts';
import type { Daemon } from '../../src/domain/ports/daemon.ts';
import { keysOf } from '../../src/app/keys.ts';
import type { Watching } from './watching.ts';

export const root: Actor = { name: 'root', role: 'admin' };

/** Tokens and codes of the daemon that runs now, whose hashes are keyed by a word. */
export function keys(
  w: Watching,
): Pick<Daemon, 'tokens' | 'makeToken' | 'revokeToken' | 'makeCode' | 'useCode'> {
  const daemon = keysOf(w.engine.core, { sign: (use, text) => digest({ key: 'of the test', use, text }) });
  return {
    tokens: daemon.tokens,
    makeToken: (...request) => settled(w, daemon.makeToken(...request)),
    revokeToken: (...request) => settled(w, daemon.revokeToken(...request)),
    makeCode: (...request) => settled(w, daemon.makeCode(...request)),
    useCode: (...request) => settled(w, daemon.useCode(...request)),
  };
}

async function settled<Result>(w: Watching, result: Promise<Result>): Promise<Result> {
  await w.wait(0);
  return result;
}
