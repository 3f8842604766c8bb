import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nameKey, sameName } from '../../src/domain/names.ts';

test.each([
  ['alice', 'Alice'],
  ['Zoë', 'Zoe\u0308'],
  ['ZOË', 'zoe\u0308'],
  ['Straße', 'STRASSE'],
  ['Großmann', 'GRO\u1E9EMANN'],
  ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
])('%s and %s are one name', (a, b) => {
  expect(sameName(a, b)).toBe(true);
});

test.each([
  ['alice', 'alicia'],
  ['Zoe', 'Zoë'],
  ['alice', 'alice '],
])('%j and %j are two', (a, b) => {
  expect(sameName(a, b)).toBe(false);
});

test('however a name is written in capitals or composed, it stays the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      for (const other of [name.toUpperCase(), name.toLowerCase(), name.normalize('NFD')])
        expect(nameKey(other)).toBe(nameKey(name));
    }),
    { seed: 20_260_105 },
  );
});
