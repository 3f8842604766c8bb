import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  type KeyObject,
  createSecretKey,
} from 'node:crypto';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '../clients/files/durably.ts';
import { hasCode } from '../clients/files/failure.ts';
import { RollbackError, messageOf } from '../domain/errors.ts';
import type { SignatureUse, Vault } from '../domain/ports/vault.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
/** The first byte of sealed text, so that another way of sealing can be told apart later. */
const format = 1;

/**
 * Opens the vault under a key file, which is made at the first start: 32 random bytes, readable by the owner only.
 *
 * Rejects with `STORE_UNUSABLE` when the file is not what was made: somebody else may read it, or its size is wrong.
 * A new key is never made over an old one; without the old key what was sealed is lost.
 */
export async function openVault(keyFile: string): Promise<Vault> {
  const key = (await readKey(keyFile)) ?? (await makeKey(keyFile));
  const sealing = derive(key, 'seal');
  const digesting = derive(key, 'digest');
  const signing = {
    'approval link': derive(key, 'approval link'),
    'approval page': derive(key, 'approval page'),
    'one-time code': derive(key, 'one-time code'),
  };
  return {
    seal: (plain) => seal(sealing, plain),
    open: (sealed) => unseal(sealing, sealed, keyFile),
    digest: (plain) => createHmac('sha256', digesting).update(plain).digest('hex'),
    sign: (use, text) => createHmac('sha256', signing[use]).update(text).digest('base64url'),
  };
}

async function readKey(path: string): Promise<Buffer | null> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw unusable(path, messageOf(error), 'let the daemon read it', error);
  }
  try {
    const facts = await file.stat();
    const mode = facts.mode & 0o777;
    if (!facts.isFile()) throw unusable(path, 'it is not a file', 'move it away');
    if ((mode & 0o077) !== 0)
      throw unusable(path, `its mode is 0${mode.toString(8)}`, 'others may read it: chmod 600');
    if (facts.size !== keyBytes)
      throw unusable(path, `it has ${facts.size} bytes, not ${keyBytes}`, 'restore it from a backup');
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Written aside and linked into place: a crash leaves either no key or a whole one, and two starts agree on one. */
async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(keyBytes);
  const aside = `${path}.${randomBytes(6).toString('hex')}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(aside, key);
    await link(aside, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (!hasCode(error, 'EEXIST'))
      throw unusable(path, messageOf(error), 'let the daemon write beside its store', error);
  } finally {
    await unlink(aside).catch(() => null);
  }
  const written = await readKey(path);
  if (written === null) throw unusable(path, 'it vanished while it was made', 'start again');
  return written;
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** One key for each use, so that a digest says nothing about what is sealed, and a signature serves nothing else. */
function derive(key: Buffer, use: 'seal' | 'digest' | SignatureUse): KeyObject {
  const bytes = hkdfSync('sha256', key, Buffer.alloc(0), `rollbackd ${use} 1`, keyBytes);
  return createSecretKey(Buffer.from(bytes));
}

function seal(key: KeyObject, plain: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), body]).toString('base64');
}

function unseal(key: KeyObject, sealed: string, keyFile: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
  try {
    if (bytes[0] !== format || tag.length !== tagBytes) throw new Error('not sealed text');
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    decipher.setAuthTag(tag);
    const body = bytes.subarray(1 + nonceBytes + tagBytes);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch (error) {
    const message = `opening a recorded specification: it was changed, or sealed under another key than ${keyFile}; restore that key file, or let the release be seen again`;
    throw new RollbackError('ANSWER_INVALID', message, { keyFile }, { cause: error });
  }
}

function unusable(path: string, what: string, advice: string, cause?: unknown): RollbackError {
  const message = `reading the key file ${path}: ${what}; ${advice}`;
  return new RollbackError('STORE_UNUSABLE', message, { path }, { cause });
}
