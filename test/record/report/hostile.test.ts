import { expect, test } from 'vitest';
import type { IncidentView } from '../../../src/domain/ports/daemon.ts';
import { codeBlock, codeSpan, inCell, inert } from '../../../src/record/report/markdown-escape.ts';
import { reportOf } from '../../../src/record/report/report.ts';
import { approved, inputOf } from './incidents.ts';

const hostile =
  '<script>alert(1)</script> | `x` ```\n# heading\n![i](http://evil.example/i.png) [l](javascript:1) @team #12 \u202egnp.exe\u0007 *b* _i_ $x$ <!channel>';

/** Every text in it is hostile; ids, words of ours and hashes stay. */
function poisoned(incident: IncidentView): IncidentView {
  const ours = new Set([
    'type',
    'hash',
    'previousHash',
    'kind',
    'state',
    'outcome',
    'verdict',
    'purpose',
    'severity',
  ]);
  const poison = (value: unknown, key = ''): unknown => {
    if (typeof value === 'string')
      return ours.has(key) ||
        /^(?:action|wanted|guard|weakens|approval|otherwise|role|effect|standing|risk|level|answer|condition)$/.test(
          key,
        )
        ? value
        : `${value}${hostile}`;
    if (Array.isArray(value)) return value.map((item) => poison(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [
        key === 'evidence' ? `${name}${hostile}` : name,
        poison(member, name),
      ]),
    );
  };
  return poison(incident) as IncidentView;
}

const report = reportOf(
  inputOf(poisoned(approved), {
    environment: hostile,
    change: { release: hostile, at: 0 },
  }),
);

test('no text from outside becomes markup of the page', () => {
  const tags = new Set(
    [...report.html.matchAll(/<\/?([a-z0-9!]+)/gi)].map(([, name]) => name?.toLowerCase()),
  );

  expect(report.html).not.toContain('<script');
  expect(report.html).not.toContain('<img');
  expect(report.html).not.toMatch(/[\u0007\u202e]/);
  expect([...tags].map(String).sort()).toEqual(
    '!doctype b body br circle code dd div dl dt figcaption figure footer h1 h2 h3 head header html i li main meta p path pre rect section span style svg table tbody td text th thead title tr ul'.split(
      ' ',
    ),
  );
  expect(report.html).not.toMatch(/\s(?:on\w+|href|src)=/);
});

test('the page loads nothing and runs nothing', () => {
  expect(report.html).toContain(
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">",
  );
  expect(report.html).not.toMatch(/url\(|@import/);
});

test('no text from outside becomes markup of the Markdown', () => {
  const outside = withoutCode(report.markdown);

  expect(outside).not.toMatch(/<(?!!-- -->)/);
  expect(outside).not.toMatch(/(?<!\\)!?\[(?![ x]\] )/);
  expect(outside).not.toMatch(/:\/\//);
  expect(outside).not.toMatch(/@\w|(?<!&)#\d/);
  expect(report.markdown).not.toMatch(/[\u0007\u202e]/);
});

test('every row of a table has as many cells as its head', () => {
  const tables = report.markdown.split('\n\n').filter((block) => block.startsWith('| '));

  expect(tables.length).toBeGreaterThan(5);
  for (const block of tables)
    for (const row of block.split('\n')) expect(cellsOf(row)).toBe(cellsOf(block.split('\n')[0] ?? ''));
});

test('a heading is only what the report puts there', () => {
  // Names that are hostile count nothing.
  const known = headings(reportOf(inputOf(approved)).markdown).filter(
    (line) => line !== '### Data integrity',
  );

  expect(headings(withoutCode(report.markdown))).toEqual(known);
});

function headings(markdown: string): readonly string[] {
  return markdown.split('\n').filter((line) => /^#{2,3} /.test(line));
}

test.each([
  ['a|b', String.raw`a\|b`],
  ['*b* _i_ `c` ~s~ $m$', String.raw`\*b\* \_i\_ \`c\` \~s\~ \$m\$`],
  ['[l](http://x)', String.raw`\[l\](http&#58;//x)`],
  ['<b>&amp;', '&lt;b&gt;&amp;amp;'],
  ['www.evil.example', 'www&#46;evil.example'],
  ['ask @team about #12 and GH-7', 'ask @<!-- -->team about #<!-- -->12 and GH-<!-- -->7'],
  [':smile: at 12:03:04: shop:1: ok', '&#58;smile: at 12:03:04: shop:1: ok'],
  ['# not a heading', String.raw`\# not a heading`],
  ['1. not a list', '1<!-- -->. not a list'],
  ['1.4s', '1.4s'],
  ['- not a list', String.raw`\- not a list`],
  ['two\nlines', 'two lines'],
  ['a\u202eb\u0007', 'a�b�'],
])('%j is inert as %j', (text, markdown) => {
  expect(inert(text)).toBe(markdown);
});

test.each([
  ['plain', '`plain`'],
  ['a`b', '``a`b``'],
  ['`', '`` ` ``'],
  ['a\nb', '`a b`'],
  ['', ''],
])('%j stays as it is as code', (text, markdown) => {
  expect(codeSpan(text)).toBe(markdown);
});

test.each([
  ['`a|b`', String.raw`\`a\|b\``.replaceAll('\\`', '`')],
  [String.raw`a\|b`, String.raw`a\|b`],
  [String.raw`a\\|b`, String.raw`a\\\|b`],
])('a bar in a cell never ends it: %s', (markdown, cell) => {
  expect(inCell(markdown)).toBe(cell);
});

test('lines cannot close their fence', () => {
  expect(codeBlock(['a', '````', '\u001b[2J'])).toEqual(['`````text', 'a', '````', '�[2J', '`````']);
});

/** Code cannot be anything else than code. */
function withoutCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, '')
    .replace(/(?<![\\`])(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, 'code');
}

function cellsOf(row: string): number {
  return row.replace(/\\[\s\S]/g, '').split('|').length;
}
