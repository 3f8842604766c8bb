import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { array, assert, asyncProperty, constantFrom, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { RowCounter } from '../../src/clients/databases/mysql/count-rows.ts';

type Rows = readonly (readonly string[])[];

/** What a string of a dump is made of, as the tool escapes it. */
const piece = constantFrom(
  "\\'",
  '\\\\',
  '\\n',
  '(',
  ')',
  ';',
  ',',
  'a',
  'ä',
  '),(',
  'INSERT INTO `x` VALUES (1)',
);
const value = array(piece, { maxLength: 12 }).map((pieces) => `'${pieces.join('')}'`);
const rows = array(array(value, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
const cuts = array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

test('rows of a dump are counted whatever their strings hold, and however it comes in pieces', async () => {
  const property = asyncProperty(rows, rows, cuts, async (orders, notes, lengths) => {
    const dump = `${insert('orders', orders)}${insert('notes', notes)}-- Dump completed\n`;
    const counter = new RowCounter();
    Readable.from(inPieces(Buffer.from(dump), lengths))
      .pipe(counter)
      .resume();
    await finished(counter);
    expect(counter.counts).toEqual({ notes: notes.length, orders: orders.length });
    expect(counter.complete).toBe(true);
    expect(counter.digests).toEqual(await digestsOf(turnedRound(orders), notes));
    const changed = [...orders.slice(1), ['changed']];
    expect(counter.digests['orders']).not.toBe((await digestsOf(changed, notes))['orders']);
  });
  await assert(property);
});

/** Of a dump in one piece. */
async function digestsOf(orders: Rows, notes: Rows): Promise<Readonly<Record<string, string>>> {
  const counter = new RowCounter();
  counter.resume().end(`${insert('orders', orders)}${insert('notes', notes)}`);
  await finished(counter);
  return counter.digests;
}

function turnedRound(of: Rows): Rows {
  return of.toReversed();
}

test('values that changed places between rows make another digest', async () => {
  const [as, changed] = [
    [
      ['1', "'a'"],
      ['2', "'b'"],
    ],
    [
      ['1', "'b'"],
      ['2', "'a'"],
    ],
  ];
  expect(await digestsOf(as, [])).not.toEqual(await digestsOf(changed, []));
});

function insert(table: string, values: readonly (readonly string[])[]): string {
  return `INSERT INTO \`${table}\` VALUES\n${values.map((row) => `(${row.join(',')})`).join(',\n')};\n`;
}

/** The lengths are taken in turns. */
function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += lengths[(pieces.length - 1) % lengths.length] ?? 1)
    pieces.push(bytes.subarray(at, at + (lengths[pieces.length % lengths.length] ?? 1)));
  return pieces;
}
