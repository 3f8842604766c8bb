import { isUtf8 } from 'node:buffer';

/** No statement begins like that. */
const encoded = 'base64:';

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
