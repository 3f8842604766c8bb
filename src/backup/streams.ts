import { createHash } from 'node:crypto';
import { Transform, pipeline as connect, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { BackupFacts, BackupPart, BackedUp } from '../domain/backup.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { fileFailure } from '../clients/files/failure.ts';
import { lend } from '../clients/lent-memory.ts';
import { decrypting, encrypting } from './encryption.ts';
import type { SetKey } from './key.ts';
import { Pieces } from './pieces.ts';
import type { StoredFile } from './set-place.ts';

/** What a compressor fills before it hands it on: with less, each of its pieces is asked for in many turns. */
const chunkSize = 128 * 1024;

/** How parts are stored. */
export interface Storing {
  readonly set: string;
  readonly compression: 'zstd' | 'gzip';
  readonly key: SetKey | null;
}

/** Name of the file of a part: its number, what it is, and how it is stored. */
export function fileOf(number: number, { kind, name }: BackedUp, { compression, key }: Storing): string {
  const word = name
    .replaceAll(/[^A-Za-z0-9.-]+/g, '-')
    .replaceAll(/^[.-]+|-+$/g, '')
    .slice(0, 60);
  const endings = `${compression === 'zstd' ? 'zst' : 'gz'}${key === null ? '' : '.enc'}`;
  return `${String(number + 1).padStart(2, '0')}-${kind}-${word}.${endings}`;
}

/** Where a part goes, and who copies it. */
export interface Poured {
  readonly thing: BackedUp;
  readonly file: string;
  readonly sink: Writable;
  readonly dump: (sink: Writable) => Promise<BackupFacts>;
  readonly progress: (bytes: number) => void;
}

/** Copies one thing through compression and encryption into a file, and counts and digests it on the way. */
export async function pour(poured: Poured, storing: Storing, signal: AbortSignal): Promise<BackupPart> {
  const { thing, file, sink, dump, progress } = poured;
  const stored = meter();
  const compress =
    storing.compression === 'zstd' ? createZstdCompress({ chunkSize }) : createGzip({ chunkSize });
  const encrypt = storing.key === null ? [] : [await encrypting(storing.key, `${storing.set}/${file}`)];
  const cut = new AbortController();
  const flows = pipeline([compress, ...encrypt, stored.through, sink], {
    signal: AbortSignal.any([signal, cut.signal]),
  });
  const plain = new Pieces(compress, flows, progress);
  // A copy that failed must not look like one that ended.
  const copied = dump(plain).catch((error: unknown) => {
    cut.abort();
    throw error;
  });
  const [written, facts] = await Promise.allSettled([flows, copied]);
  if (signal.aborted) throw new RollbackError('ABORTED', `interrupted while copying ${thing.name}`);
  // The disk that is full breaks the copy too; a copy that failed cuts the disk off. Whoever began it is told of.
  if (written.status === 'rejected' && !cut.signal.aborted) throw fileFailure('write', file, written.reason);
  if (facts.status === 'rejected')
    throw written.status === 'rejected' && (facts.reason === written.reason || isBrokenPipe(facts.reason))
      ? fileFailure('write', file, written.reason)
      : facts.reason;
  if (written.status === 'rejected') throw fileFailure('write', file, written.reason);
  return {
    ...thing,
    file,
    bytes: stored.bytes(),
    sha256: stored.sha256(),
    plainBytes: plain.bytes,
    plainSha256: plain.sha256,
    facts: facts.value,
  };
}

function isBrokenPipe(error: unknown): boolean {
  const codes = ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ABORT_ERR'];
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/**
 * What a part holds, decrypted and decompressed. The stream fails with `BACKUP_INVALID`, at its end at the latest, when
 * anything is not as the manifest says.
 */
export function drain(
  { stream, bytes }: StoredFile,
  part: BackupPart,
  { set, key }: Omit<Storing, 'compression'>,
  progress: (bytes: number) => void = () => {},
): Readable {
  const invalid = (message: string): RollbackError =>
    new RollbackError('BACKUP_INVALID', `${set}/${part.file}: ${message}`, { set, file: part.file });
  const stored = meter();
  const plain = meter(
    (count, chunk) => {
      // Decompressors hand out one memory in pieces, and make another for what follows.
      lend(chunk);
      progress(count);
    },
    () => {
      if (stored.sha256() !== part.sha256) return invalid('its checksum is not the one that was recorded');
      if (plain.sha256() === part.plainSha256 && plain.bytes() === part.plainBytes) return null;
      return invalid('it holds something else than what was copied');
    },
  );
  const encrypted = part.file.endsWith('.enc');
  const name = part.file.replace(/\.enc$/, '');
  const why = whyNot({ bytes, part, encrypted, key });
  if (why !== null) stream.destroy(invalid(why));
  const decrypt = encrypted && key !== null ? [decrypting(key, `${set}/${part.file}`)] : [];
  const expand = name.endsWith('.gz') ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize });
  const out = plain.through;
  // Whoever reads it may only begin to when it has failed already, and hears of that then.
  out.on('error', () => {});
  const steps = [stream, stored.through, ...decrypt, expand];
  connect(steps, (error) => {
    if (error === null || error === undefined) return;
    if (error instanceof RollbackError) out.destroy(error);
    else
      out.destroy(isOfTheSystem(error) ? fileFailure('read', part.file, error) : invalid(unreadable(error)));
  });
  expand.pipe(out);
  out.once('close', () => stream.destroy());
  return out;
}

function whyNot(of: {
  readonly bytes: number;
  readonly part: BackupPart;
  readonly encrypted: boolean;
  readonly key: SetKey | null;
}): string | null {
  const { bytes, part, encrypted, key } = of;
  if (encrypted && key === null) return 'it is encrypted, and no key is configured (backups.key)';
  if (bytes < part.bytes) return `it was cut off: ${bytes} of ${part.bytes} bytes are there`;
  return bytes > part.bytes ? `it has ${bytes} bytes instead of ${part.bytes}` : null;
}

function isOfTheSystem(error: Error): boolean {
  return 'syscall' in error;
}

function unreadable(error: Error): string {
  return `it cannot be decompressed (${messageOf(error)}): it was changed or cut off`;
}

interface Meter {
  readonly through: Transform;
  bytes(): number;
  sha256(): string;
}

/** Counts and digests what passes; `refuse` is asked at its end. */
function meter(
  progress: (bytes: number, chunk: Buffer) => void = () => {},
  refuse: () => Error | null = () => null,
): Meter {
  const hash = createHash('sha256');
  let bytes = 0;
  let digested: string | null = null;
  const sha256 = (): string => (digested ??= hash.digest('hex'));
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      progress(bytes, chunk);
      done(null, chunk);
    },
    flush(done) {
      done(refuse());
    },
  });
  return { through, bytes: () => bytes, sha256 };
}
