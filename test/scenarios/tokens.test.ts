import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { Secret } from '../../src/domain/secret.ts';
import { Book } from '../../src/engine/book.ts';
import { counts, madeTokens, wereEverMade } from '../../src/engine/tokens.ts';
import { keys, root } from './keys.ts';
import { alice, watching, type Watching } from './watching.ts';

async function made(
  w: Watching,
  name: string,
  role: 'viewer' | 'admin' = 'admin',
  forMs: number | null = null,
) {
  const answer = await keys(w).makeToken({ name, role, forMs }, root);
  if ('refused' in answer) throw new Error(answer.refused);
  return answer;
}

async function refusal(
  w: Watching,
  name: string,
  role: 'viewer' | 'admin' = 'admin',
  forMs: number | null = null,
) {
  const answer = await keys(w).makeToken({ name, role, forMs }, root);
  return 'refused' in answer ? answer.refused : 'made';
}

/** Names of the tokens that open something now. */
function open(w: Watching): readonly string[] {
  const { book } = w.engine.core;
  return madeTokens(book)
    .filter((token) => counts(token, w.clock.now()))
    .map(({ name }) => name);
}

describe('a token made at run time', () => {
  test('is shown once: what is kept is its hash, and the journal has neither', async () => {
    await using w = await watching();
    const { secret, token } = await made(w, 'alice', 'admin', DAY);
    const hash = createHash('sha256').update(secret).digest('hex');

    expect(secret).toMatch(/^rbd_[\w-]{43}$/);
    expect(token).toEqual({
      name: 'alice',
      role: 'admin',
      by: 'root',
      at: w.clock.now(),
      expiresAt: w.clock.now() + DAY,
      revokedAt: null,
    });
    expect(madeTokens(w.engine.core.book)).toEqual([{ ...token, hash }]);
    const [entry] = await w.journal('token.made');
    expect(entry?.message).toBe('root made the token alice of the role admin, good for 1d');
    expect(entry?.facts).toEqual({ name: 'alice', role: 'admin', by: 'root', expiresAt: token.expiresAt });
    const everything = JSON.stringify([await w.journal(), await keys(w).tokens()]);
    expect([everything.includes(secret), everything.includes(hash)]).toEqual([false, false]);
  });

  test('is there after a restart', async () => {
    await using w = await watching();
    await made(w, 'alice');
    await w.wait(SECOND);
    await made(w, 'ci', 'viewer');
    await w.restart(HOUR);

    expect(open(w)).toEqual(['alice', 'ci']);
    expect((await keys(w).tokens()).map(({ name }) => name)).toEqual(['ci', 'alice']);
  });

  test('ends with its time, or when it is revoked', async () => {
    await using w = await watching();
    await made(w, 'alice');
    await made(w, 'ci', 'viewer', HOUR);
    await made(w, 'bot', 'viewer');

    expect(await keys(w).revokeToken('bot', root)).toMatchObject({
      accepted: true,
      message: 'the token bot is revoked',
    });
    expect(open(w)).toEqual(['alice', 'ci']);
    await w.wait(HOUR);
    expect(open(w)).toEqual(['alice']);
    expect((await keys(w).revokeToken('ci', root)).message).toBe('the token ci opens nothing any more');
    expect((await w.journal('token.revoked')).map(({ message, facts }) => [message, facts])).toEqual([
      ['root revoked the token bot', { name: 'bot', role: 'viewer', by: 'root' }],
    ]);
  });

  test('is listed for 30 days after its end, and then forgotten', async () => {
    await using w = await watching();
    await made(w, 'alice');
    await w.wait(SECOND);
    await made(w, 'ci', 'viewer', HOUR);
    await keys(w).revokeToken('alice', root);
    await w.restart(29 * DAY);
    await w.wait(2 * MINUTE);
    expect((await keys(w).tokens()).map(({ name }) => name)).toEqual(['ci', 'alice']);
    await w.restart(DAY + 2 * HOUR);
    await w.wait(2 * MINUTE);

    expect(await keys(w).tokens()).toEqual([]);
    expect(w.control('token:ci')).toBe(null);
  });

  test('leaves the API closed for good, also when the last one is gone', async () => {
    await using w = await watching();
    expect(wereEverMade(w.engine.core.book)).toBe(false);
    await made(w, 'alice', 'admin', HOUR);
    expect(wereEverMade(w.engine.core.book)).toBe(true);
    await w.restart(32 * DAY);
    await w.wait(2 * MINUTE);
    await w.restart(MINUTE);

    expect(madeTokens(w.engine.core.book)).toEqual([]);
    expect(wereEverMade(w.engine.core.book)).toBe(true);
  });

  test('leaves the API closed while it is not known yet whether there was one', async () => {
    await using w = await watching();

    expect(wereEverMade(new Book(w.configuration))).toBe(true);
  });

  test('is an admin’s when it is the first of all', async () => {
    await using w = await watching();

    expect(await refusal(w, 'ci', 'viewer')).toBe(
      "the first token has to be an admin's: from then on the API asks everybody for one",
    );
    await made(w, 'alice');
    expect(await refusal(w, 'ci', 'viewer')).toBe('made');
  });

  test('may be anybody’s where the configuration has one', async () => {
    const tokens = [{ name: 'Root', role: 'admin', token: new Secret('sesame') }] as const;
    await using w = await watching({ configuration: { tokens } });

    expect(await refusal(w, 'ci', 'viewer')).toBe('made');
    expect(await refusal(w, 'ROOT')).toBe(
      'the configuration has a token ROOT already: a name is one person or tool',
    );
    expect((await keys(w).revokeToken('Root', root)).message).toBe(
      'the token Root is in the configuration: remove it there, and reload',
    );
  });

  test('has a name of its own as long as it counts, whatever its letters’ case', async () => {
    await using w = await watching();
    await made(w, 'alice');

    expect(await refusal(w, 'Alice')).toBe(
      'there is a token alice already; rollbackd token revoke alice ends it',
    );
    expect((await keys(w).revokeToken('alice', root)).message).toBe(
      'the token alice is revoked; no token of an admin is left: add one to `tokens` in the configuration',
    );
    expect(await refusal(w, 'alice')).toBe('made');
    expect((await keys(w).revokeToken('zoe', root)).message).toBe(
      'there is no token zoe; rollbackd token list names them',
    );
  });

  test('is made and revoked by admins alone, under a plain name, for longer than no time', async () => {
    await using w = await watching();
    await made(w, 'root');

    expect(await keys(w).makeToken({ name: 'x', role: 'admin', forMs: null }, alice)).toEqual({
      refused: 'alice is approver and may not make tokens',
    });
    expect((await keys(w).revokeToken('root', alice)).message).toBe(
      'alice is approver and may not revoke tokens',
    );
    expect(await refusal(w, 'a b\u202Ec')).toBe(
      'the name of a token has letters, digits, - and _, begins with a letter or digit, and is no longer than 64',
    );
    expect(await refusal(w, 'x', 'admin', 0)).toBe('a token is good for longer than 0s');
    expect(open(w)).toEqual(['root']);
  });
});
