import { createHmac, hkdfSync, randomBytes, scrypt } from 'node:crypto';
import { open } from 'node:fs/promises';
import { RollbackError, messageOf } from '../domain/errors.ts';

/** How a key is made of what the file holds; stands in the header of every part. */
export interface Derivation {
  readonly by: 'bytes' | 'scrypt';
  readonly salt: Buffer;
}

/** The key of a folder of sets. */
export interface SetKey {
  /** With which new parts are encrypted: one salt for each start of the daemon. */
  readonly derivation: Derivation;
  /** 32 bytes for one part. @throws RollbackError when the file holds a key of the other kind */
  forPart(derivation: Derivation, nonce: Buffer): Promise<Buffer>;
  /** HMAC-SHA-256 of a manifest, in hex. */
  seal(text: string): string;
}

/** RFC 7914's interactive costs times four: 32 MiB and about a tenth of a second, once for each salt. */
export const scryptCosts = { N: 2 ** 15, r: 8, p: 1 } as const;
export const saltBytes = 16;
const keyBytes = 32;
const mostBytes = 4096;
const leastPassphrase = 12;

/**
 * Reads a key file: 32 bytes as they are, or a passphrase of at least 12 characters on one line.
 *
 * @throws RollbackError `SECRET_MISSING`
 */
export async function readKey(path: string): Promise<SetKey> {
  const held = await contentOf(path);
  if (held.length === keyBytes && !isText(held)) return keyOf({ by: 'bytes', secret: held });
  const text = held.toString('utf8').replace(/[\r\n]+$/, '');
  if (isText(Buffer.from(text)) && text.length >= leastPassphrase)
    return keyOf({ by: 'scrypt', secret: Buffer.from(text) });
  throw new RollbackError(
    'SECRET_MISSING',
    `the key file ${path} holds neither 32 bytes nor a passphrase of at least ${leastPassphrase} characters on one line`,
    { path },
  );
}

function keyOf({ by, secret }: { readonly by: Derivation['by']; readonly secret: Buffer }): SetKey {
  const masters = new Map<string, Promise<Buffer>>();
  const masterOf = (salt: Buffer): Promise<Buffer> => {
    if (by === 'bytes') return Promise.resolve(secret);
    const name = salt.toString('hex');
    const known = masters.get(name) ?? stretched(secret, salt);
    // A handful of starts of the daemon lies behind the sets that are kept.
    if (masters.size > 200) masters.clear();
    masters.set(name, known);
    return known;
  };
  return {
    derivation: { by, salt: randomBytes(saltBytes) },
    async forPart(derivation, nonce) {
      if (derivation.by !== by)
        throw new RollbackError(
          'BACKUP_INVALID',
          `it was encrypted with ${derivation.by === 'scrypt' ? 'a passphrase' : 'a key of 32 bytes'}, and the key file holds the other`,
        );
      const master = await masterOf(derivation.salt);
      return Buffer.from(hkdfSync('sha256', master, nonce, 'rollbackd backup part', keyBytes));
    },
    seal: (text) =>
      createHmac('sha256', secret).update('rollbackd backup manifest\n').update(text).digest('hex'),
  };
}

function stretched(secret: Buffer, salt: Buffer): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(secret, salt, keyBytes, { ...scryptCosts, maxmem: 64 * 1024 * 1024 }, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return promise;
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    const handle = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const message = `the key file ${path} of the backups cannot be read: ${messageOf(cause)}`;
    throw new RollbackError('SECRET_MISSING', message, { path }, { cause });
  }
}

function isText(bytes: Buffer): boolean {
  return !/[\p{Cc}\uFFFD]/u.test(bytes.toString('utf8').replace(/[\r\n]+$/, ''));
}
