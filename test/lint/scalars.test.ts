import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Scalar, stringify } from 'yaml';
import { SourceFile } from '../../src/lint/source-file.ts';

const styles = [
  'PLAIN',
  'QUOTE_SINGLE',
  'QUOTE_DOUBLE',
  'BLOCK_LITERAL',
  'BLOCK_FOLDED',
] as const satisfies readonly Scalar.Type[];
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...'abz0_{}[]()<>="\'\\#:,.*/+-%|^$'.split('')) },
  { weight: 3, arbitrary: fc.constantFrom(' ', '\n', '  ', '\t') },
  { weight: 1, arbitrary: fc.constantFrom('\u{e9}', '\u{1f600}', '\u{7}', '\u{2028}', "''", '\\n') },
);
const texts = fc.array(unit, { minLength: 10, maxLength: 60, size: 'max' }).map((units) => units.join(''));

test('every unit of a text is found where it stands, whatever its style and width', () => {
  let exact = 0;
  fc.assert(
    fc.property(texts, fc.constantFrom(...styles), fc.constantFrom(0, 20, 80), (text, type, lineWidth) => {
      const scalar = new Scalar(text);
      scalar.type = type;
      const yaml = stringify({ a: [{ key: scalar, next: 1 }] }, { lineWidth });
      const placed = new SourceFile('x.yaml', yaml).scalar(['a', 0, 'key']);
      if (placed === null) return;
      const whole = placed.stretch(0, placed.text.length);
      for (const [index, wanted] of placed.text.split('').entries()) {
        if (/\s/.test(wanted)) continue;
        const { from, to } = placed.stretch(index, index + 1);
        expect(from >= whole.from && to - from <= 10).toBe(true);
        expect(decoded(yaml.slice(from, to))).toContain(wanted);
        exact += 1;
      }
    }),
    { numRuns: 500 },
  );
  expect(exact).toBeGreaterThan(10_000);
});

test('an empty text has a place', () => {
  const file = new SourceFile('x.yaml', 'key: ""\n');
  const { from, to } = file.scalar(['key'])?.stretch(0, 0) ?? { from: -1, to: -1 };
  expect([from, to]).toEqual([5, 6]);
});

/** What a piece of a file stands for: escapes of double quotes, pairs of single ones. */
function decoded(written: string): string {
  if (!/^\\[xuU"\\a-zA-Z_0]/.test(written)) return written;
  return new SourceFile('x.yaml', `"${written}"`).scalar([])?.text ?? '';
}
