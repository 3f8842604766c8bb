import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPage, type PageSample } from '../../../src/clients/exposition/read-page.ts';
import type { PageFormat } from '../../../src/clients/exposition/format.ts';

const bareName = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,10}$/).filter((name) => name !== '__name__');
const anyName = fc.oneof(bareName, fc.string({ minLength: 1, maxLength: 10, unit: 'binary' }));
const anyValue = fc.string({ maxLength: 20, unit: 'binary' });

interface Written {
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  readonly timestamp: number | null;
}

const sample: fc.Arbitrary<Written> = fc.record({
  name: anyName,
  labels: fc.uniqueArray(
    fc.tuple(
      anyName.filter((name) => name !== '__name__'),
      anyValue,
    ),
    { selector: ([name]) => name, maxLength: 5 },
  ),
  value: fc.double(),
  timestamp: fc.option(fc.integer({ min: -1_000_000, max: 4_000_000_000_000 })),
});

test.each(['text', 'openmetrics'] as const)('every page of %s is read as it was meant', (format) => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 6 }), (samples) => {
      const page = samples.map((one) => written(one, format)).join('');
      const read = readPage(format === 'text' ? page : `${page}# EOF\n`, format);
      expect(read).toEqual(samples.map(meant));
    }),
    { numRuns: 400 },
  );
});

test('a page that is cut, or changed anywhere, is refused or read, and never throws', () => {
  const page =
    'a{x="1",y="\\"2\\n"} 1.5 1767614400\n{"b.c","d e"="f"} NaN # {t="1"} 2 3\n# TYPE a counter\n# EOF\n';
  fc.assert(
    fc.property(
      fc.nat(page.length),
      fc.string({ maxLength: 4, unit: 'binary' }),
      fc.nat(4),
      fc.constantFrom('text' as const, 'openmetrics' as const),
      (at, insert, drop, format) => {
        const changed = page.slice(0, at) + insert + page.slice(at + drop);
        const read = readPage(changed, format);
        const lines = changed.split('\n');
        if (!('problem' in read)) return read.length <= lines.length;
        // The place is one of the page, or right behind its end.
        expect(read.line).toBeLessThanOrEqual(lines.length + 1);
        return read.column <= (lines[read.line - 1]?.length ?? 0) + 1;
      },
    ),
    { numRuns: 3_000 },
  );
});

function written({ name, labels, value, timestamp }: Written, format: PageFormat): string {
  const pairs = labels.map(([label, text]) => `${nameText(label)}="${escaped(text)}"`);
  const bare = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
  const inside = [...(bare ? [] : [`"${escaped(name)}"`]), ...pairs].join(',');
  const number = Number.isNaN(value) ? 'NaN' : `${value}`.replace('Infinity', 'Inf');
  const time = timestamp === null ? '' : ` ${format === 'text' ? timestamp : timestamp / 1000}`;
  return `${bare ? name : ''}${inside === '' ? '' : `{${inside}}`} ${number}${time}\n`;
}

function meant({ name, labels, value, timestamp }: Written): PageSample {
  const kept = labels.filter(([, text]) => text !== '');
  return {
    labels: Object.fromEntries([['__name__', name], ...kept]),
    value: value === 0 ? value + 0 : value,
    timestamp,
  };
}

function nameText(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : `"${escaped(name)}"`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
