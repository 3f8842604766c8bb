import { isUtf8 } from 'node:buffer';
import { Writable } from 'node:stream';
import { RollbackError } from '../../../domain/errors.ts';

/** More than the definitions of any database. */
const mostBytes = 16 * 1024 * 1024;
/** No statement begins like that. */
const encoded = 'base64:';

/** Keeps what a tool writes, up to 16 MiB. */
export class Kept extends Writable {
  readonly #pieces: Buffer[] = [];
  #length = 0;

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  override _write(piece: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#length += piece.length;
    this.#pieces.push(piece);
    if (this.#length <= mostBytes) done();
    else done(new RollbackError('ANSWER_TOO_LARGE', `a program answered more than ${mostBytes} bytes`));
  }
}

/**
 * Statements as a text that can be kept. Each definition stands in the character set of the client that made it: what is
 * no UTF-8 is kept byte by byte.
 */
export function keptStatements(statements: Buffer): string {
  return isUtf8(statements) ? statements.toString('utf8') : `${encoded}${statements.toString('base64')}`;
}

/** What `keptStatements` was given. */
export function statementsIn(kept: string): Buffer {
  return kept.startsWith(encoded) ? Buffer.from(kept.slice(encoded.length), 'base64') : Buffer.from(kept);
}
