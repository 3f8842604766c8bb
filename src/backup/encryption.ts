import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Transform } from 'node:stream';
import { RollbackError } from '../domain/errors.ts';
import { saltBytes, scryptCosts, type Derivation, type SetKey } from './key.ts';

/*
 * An encrypted part:
 *
 *   header   8 bytes `rbkenc1\n` · 1 byte how the key is made (0 of 32 bytes, 1 by scrypt) · log2 N · r · p
 *            · 4 bytes length of a piece, big endian · 16 bytes salt · 16 bytes nonce
 *   pieces   AES-256-GCM of 64 KiB each, the last one shorter, each followed by its tag of 16 bytes
 *
 * The key of the part is HKDF-SHA-256 of the key of the sets with the nonce. A piece's initialisation vector is one byte
 * that says whether it is the last, three of zero, and its number in eight. Header, set and file name are authenticated
 * with every piece: none can be left out, repeated, moved, or taken from another part.
 */

const magic = Buffer.from('rbkenc1\n', 'latin1');
const nonceBytes = 16;
const headerBytes = magic.length + 4 + 4 + saltBytes + nonceBytes;
const pieceBytes = 64 * 1024;
const tagBytes = 16;

/** Encrypts what passes. `name` is authenticated: `SET/FILE`. */
export async function encrypting(key: SetKey, name: string): Promise<Transform> {
  const nonce = randomBytes(nonceBytes);
  const header = headerOf(key.derivation, nonce);
  const partKey = await key.forPart(key.derivation, nonce);
  const bound = boundTo(header, name);
  const waiting = new Waiting();
  let number = 0n;
  let begun = false;
  const sealed = (piece: Buffer, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', partKey, vectorOf(number++, last));
    cipher.setAAD(bound);
    return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!begun) this.push(header);
      begun = true;
      waiting.add(chunk);
      // One byte more than a piece must be there, else it may be the last one.
      while (waiting.bytes > pieceBytes) this.push(sealed(waiting.take(pieceBytes), false));
      done();
    },
    flush(done) {
      if (!begun) this.push(header);
      this.push(sealed(waiting.take(waiting.bytes), true));
      done();
    },
  });
}

/** Decrypts what passes; it fails with `BACKUP_INVALID` at the first piece that is not as it was made. */
export function decrypting(key: SetKey, name: string): Transform {
  const waiting = new Waiting();
  let opened: { readonly partKey: Buffer; readonly bound: Buffer } | null = null;
  let number = 0n;
  const plain = (piece: Buffer, last: boolean): Buffer => {
    if (opened === null || piece.length < tagBytes) throw broken(name);
    const decipher = createDecipheriv('aes-256-gcm', opened.partKey, vectorOf(number++, last));
    decipher.setAAD(opened.bound);
    decipher.setAuthTag(piece.subarray(piece.length - tagBytes));
    try {
      return Buffer.concat([decipher.update(piece.subarray(0, piece.length - tagBytes)), decipher.final()]);
    } catch {
      throw broken(name);
    }
  };
  const begin = async (): Promise<void> => {
    if (opened !== null || waiting.bytes < headerBytes) return;
    const header = waiting.take(headerBytes);
    const { derivation, nonce } = readHeader(header, name);
    opened = { partKey: await key.forPart(derivation, nonce), bound: boundTo(header, name) };
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, taken) {
      waiting.add(chunk);
      void asResult(async () => {
        await begin();
        if (opened === null) return;
        while (waiting.bytes > pieceBytes + tagBytes)
          this.push(plain(waiting.take(pieceBytes + tagBytes), false));
      }).then(taken);
    },
    flush(done) {
      try {
        this.push(plain(waiting.take(waiting.bytes), true));
        done();
      } catch (error) {
        done(error instanceof Error ? error : broken(name));
      }
    },
  });
}

/** The error that work ended with, or null: what the callback of a stream wants to hear. */
async function asResult(work: () => Promise<void>): Promise<Error | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function headerOf({ by, salt }: Derivation, nonce: Buffer): Buffer {
  const costs = by === 'bytes' ? [0, 0, 0, 0] : [1, Math.log2(scryptCosts.N), scryptCosts.r, scryptCosts.p];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(pieceBytes);
  return Buffer.concat([magic, Buffer.from(costs), length, salt, nonce]);
}

function readHeader(
  header: Buffer,
  name: string,
): { readonly derivation: Derivation; readonly nonce: Buffer } {
  const salt = header.subarray(magic.length + 8, magic.length + 8 + saltBytes);
  const nonce = header.subarray(magic.length + 8 + saltBytes);
  const derivation: Derivation = { by: header[magic.length] === 1 ? 'scrypt' : 'bytes', salt };
  if (!headerOf(derivation, nonce).equals(header)) throw broken(name);
  return { derivation, nonce };
}

function vectorOf(number: bigint, last: boolean): Buffer {
  const vector = Buffer.alloc(12);
  vector[0] = last ? 1 : 0;
  vector.writeBigUInt64BE(number, 4);
  return vector;
}

function boundTo(header: Buffer, name: string): Buffer {
  return Buffer.concat([header, Buffer.from(name)]);
}

function broken(name: string): RollbackError {
  return new RollbackError(
    'BACKUP_INVALID',
    `${name} cannot be decrypted: it was changed, cut off, belongs elsewhere, or the key is another`,
    { name },
  );
}

/** Bytes in a row, joined only when they are taken. */
class Waiting {
  #chunks: Buffer[] = [];
  bytes = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  take(bytes: number): Buffer {
    const whole = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
    const taken = (whole ?? Buffer.alloc(0)).subarray(0, bytes);
    const rest = (whole ?? Buffer.alloc(0)).subarray(bytes);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.bytes = rest.length;
    return taken;
  }
}
