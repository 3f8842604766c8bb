import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openVault } from '../../src/releases/vault.ts';

describe('the vault', () => {
  let folder: string;
  let keyFile: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rd-vault-'));
    keyFile = join(folder, 'state', 'key');
  });
  afterEach(async () => rm(folder, { recursive: true }));

  test('opens what it sealed, also after a restart', async () => {
    const sealed = (await openVault(keyFile)).seal('PASSWORD=grün');
    const again = await openVault(keyFile);
    expect(again.open(sealed)).toBe('PASSWORD=grün');
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('PASSWORD');
  });

  test('seals the same text differently each time, and digests it equally', async () => {
    const vault = await openVault(keyFile);
    expect(vault.seal('a')).not.toBe(vault.seal('a'));
    expect(vault.digest('a')).toBe(vault.digest('a'));
    expect(vault.digest('a')).not.toBe(vault.digest('b'));
  });

  test('digests differ from key to key', async () => {
    const other = await openVault(join(folder, 'other'));
    expect((await openVault(keyFile)).digest('a')).not.toBe(other.digest('a'));
  });

  test('signs each use under a key of its own, which comes from the key file alone', async () => {
    const vault = await openVault(keyFile);
    const uses = ['approval link', 'approval page', 'one-time code'] as const;
    const signed = uses.map((use) => vault.sign(use, 'a'));
    expect(new Set([...signed, vault.digest('a')]).size).toBe(4);
    const again = await openVault(keyFile);
    expect(uses.map((use) => again.sign(use, 'a'))).toEqual(signed);
    const other = await openVault(join(folder, 'other'));
    expect(uses.map((use) => other.sign(use, 'a'))).not.toEqual(signed);
  });

  test('makes a key of 32 bytes that only its owner may read, and leaves nothing else', async () => {
    await openVault(keyFile);
    const facts = await stat(keyFile);
    expect([facts.size, facts.mode & 0o777]).toEqual([32, 0o600]);
    expect(await readdir(join(folder, 'state'))).toEqual(['key']);
  });

  test('two starts at once agree on one key', async () => {
    const vaults = await Promise.all([1, 2, 3, 4].map(async () => openVault(keyFile)));
    expect(new Set(vaults.map((vault) => vault.digest('a'))).size).toBe(1);
  });

  test('refuses text that was changed, or sealed under another key', async () => {
    const vault = await openVault(keyFile);
    const sealed = Buffer.from(vault.seal('a'), 'base64');
    sealed[sealed.length - 1]! ^= 1;
    const other = await openVault(join(folder, 'other'));
    for (const text of [sealed.toString('base64'), other.seal('a'), '', 'AQ=='])
      expect(() => vault.open(text)).toThrow(
        `opening a recorded specification: it was changed, or sealed under another key than ${keyFile}; restore that key file, or let the release be seen again`,
      );
  });

  test('refuses a key that others may read, and one of the wrong size, and leaves both as they are', async () => {
    await openVault(keyFile);
    await chmod(keyFile, 0o640);
    await expect(openVault(keyFile)).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: `reading the key file ${keyFile}: its mode is 0640; others may read it: chmod 600`,
    });
    await chmod(keyFile, 0o600);
    await writeFile(keyFile, 'short');
    await expect(openVault(keyFile)).rejects.toThrow(
      `reading the key file ${keyFile}: it has 5 bytes, not 32; restore it from a backup`,
    );
    expect(await readFile(keyFile, 'utf8')).toBe('short');
  });
});
