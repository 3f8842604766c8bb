import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PageFormat } from '../../../src/clients/exposition/format.ts';
import { told } from './reading.ts';

const folder = join(import.meta.dirname, 'pages');
const text = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');

describe('a page is read as the samples beside it', () => {
  const pages = readdirSync(join(folder, 'valid')).filter((name) => !name.endsWith('.samples.txt'));
  test.each(pages)('%s', (page) => {
    const format: PageFormat = page.endsWith('.openmetrics') ? 'openmetrics' : 'text';
    const samples = text('valid', page.replace(/\.\w+$/, '.samples.txt'));
    expect(told(text('valid', page), format)).toEqual(samples.trimEnd().split('\n'));
  });
});

describe('a malformed page is refused with the place and the reason', () => {
  const cases = (file: string): [page: string, flaw: string][] =>
    text('invalid', file)
      .split('\n  ')
      .join('\0')
      .trimEnd()
      .split('\n')
      .map((pair) => pair.split('\0') as [string, string]);
  test.each(cases('text.txt'))('as text: %s', (page, flaw) => {
    expect(told(`${page}\n`)).toEqual([flaw]);
  });
  test.each(cases('openmetrics.txt'))('as OpenMetrics: %s', (page, flaw) => {
    expect(told(`${page.replaceAll('|', '\n')}\n`, 'openmetrics')).toEqual([flaw]);
  });
});

test('the place counts from the beginning of the page', () => {
  expect(told('a 1\n\n# a comment\nb{x="1",y=2} 1\nc 1\n')).toEqual([
    'line 4, column 11: expected a quoted value of the label "y"',
  ]);
});

test('lines of the text format may end in CR LF, and the last one without any end', () => {
  expect(told('# TYPE a counter\r\na{x="1"} 1\r\n\r\nb 2 5\r\nc 3')).toEqual([
    'a{x="1"} 1',
    'b{} 2 @5',
    'c{} 3',
  ]);
});

test('OpenMetrics may end in # EOF without a newline, and knows no CR LF', () => {
  expect(told('a 1\n# EOF', 'openmetrics')).toEqual(['a{} 1']);
  expect(told('a 1\r\n# EOF\r\n', 'openmetrics')).toEqual(['line 1, column 3: expected a value, got "1\\r"']);
});

test('an empty page of text has no samples; an empty one of OpenMetrics was cut', () => {
  expect(told('')).toEqual([]);
  expect(told('', 'openmetrics')).toEqual([
    'line 1, column 1: the page ends without # EOF: it may have been cut',
  ]);
});
