import type { Answered, Row } from './answered.ts';
import { RollbackError } from '../domain/errors.ts';
import type { Labels } from '../domain/labels.ts';

interface Header {
  readonly count: number;
  readonly warnings: readonly string[];
  readonly rows: readonly { readonly labels: Labels; readonly samples: number }[];
}

/**
 * An answer as bytes: a header in JSON, then for each series a bit a grid point for "there is a sample", then its
 * samples, the first bytes of all of them before the second ones. Neighbours in time differ in their last bytes, so
 * that this order compresses to a fraction of theirs.
 */
export function packAnswer({ rows, warnings }: Answered, count: number): Buffer {
  const samples = rows.map(({ present }) => present.reduce((sum, bit) => sum + bit, 0));
  const header: Header = {
    count,
    warnings,
    rows: rows.map(({ labels }, index) => ({ labels, samples: samples[index] ?? 0 })),
  };
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return Buffer.concat([size, text, ...rows.flatMap((row, index) => packRow(row, samples[index] ?? 0))]);
}

/** @throws RollbackError `ANSWER_INVALID` when these are not the bytes of an answer */
export function unpackAnswer(bytes: Buffer): Answered {
  try {
    const headerEnd = 4 + bytes.readUInt32LE(0);
    const { count, warnings, rows } = JSON.parse(bytes.toString('utf8', 4, headerEnd)) as Header;
    let offset = headerEnd;
    const read = rows.map(({ labels, samples }): Row => {
      const bitmap = bytes.subarray(offset, offset + Math.ceil(count / 8));
      const planes = bytes.subarray(offset + bitmap.length, offset + bitmap.length + 8 * samples);
      if (planes.length < 8 * samples) throw new Error('it ends too early');
      offset += bitmap.length + planes.length;
      return unpackRow(labels, count, { bitmap, planes, samples });
    });
    if (offset !== bytes.length) throw new Error('it is longer than it says');
    return { rows: read, warnings };
  } catch (cause) {
    throw new RollbackError('ANSWER_INVALID', 'what was kept of the history cannot be read', {}, { cause });
  }
}

function packRow({ values, present }: Row, samples: number): readonly Buffer[] {
  const bitmap = Buffer.alloc(Math.ceil(present.length / 8));
  const there = new Float64Array(samples);
  let next = 0;
  for (let index = 0; index < present.length; index++) {
    if (present[index] !== 1) continue;
    bitmap[index >> 3] = (bitmap[index >> 3] ?? 0) | (1 << (index & 7));
    there[next++] = values[index] ?? Number.NaN;
  }
  const plain = Buffer.from(there.buffer);
  const planes = Buffer.alloc(8 * samples);
  for (let plane = 0; plane < 8; plane++)
    for (let index = 0; index < samples; index++)
      planes[plane * samples + index] = plain[index * 8 + plane] ?? 0;
  return [bitmap, planes];
}

function unpackRow(
  labels: Labels,
  count: number,
  { bitmap, planes, samples }: { readonly bitmap: Buffer; readonly planes: Buffer; readonly samples: number },
): Row {
  const plain = new Uint8Array(8 * samples);
  for (let plane = 0; plane < 8; plane++)
    for (let index = 0; index < samples; index++)
      plain[index * 8 + plane] = planes[plane * samples + index] ?? 0;
  const there = new Float64Array(plain.buffer);
  const row = { labels, values: new Float64Array(count), present: new Uint8Array(count) };
  let next = 0;
  for (let index = 0; index < count; index++) {
    if (((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue;
    row.values[index] = there[next++] ?? Number.NaN;
    row.present[index] = 1;
  }
  return row;
}
