import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Archivist } from '../../src/domain/ports/backups.ts';
import { never } from '../rollback/a-step.ts';

/** The copy of the store `shop`, and what is said of it. */
export async function dumped(archivist: Archivist) {
  const sink = new PassThrough();
  const [copy, facts] = await Promise.all([buffer(sink), archivist.dump('shop', sink, never)]);
  return { copy, facts };
}
