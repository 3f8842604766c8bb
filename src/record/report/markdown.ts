import { formatQuantity } from '../../domain/quantity.ts';
import type { Block, Fact, Line, Plot, ReportDocument, Section } from './document.ts';
import { codeBlock, codeSpan, inCell, inert } from './markdown-escape.ts';
import { sparkline } from './sparkline.ts';
import { unitOf } from './series-unit.ts';
import { wordReadings } from './word-readings.ts';

/** The report as Markdown (CommonMark with tables and task lists), for a wiki, an issue or a pull request. */
export function markdownOf({ title, badges, lead, sections, footer }: ReportDocument): string {
  const lines = [
    `# ${inert(title)}`,
    '',
    badges.map(({ text }) => `**${inert(text)}**`).join(' · '),
    '',
    lineOf(lead),
    ...sections.flatMap(sectionLines),
    '',
    '---',
    '',
    inert(footer),
    '',
  ];
  return lines.join('\n');
}

function sectionLines({ title, blocks }: Section): readonly string[] {
  const shown = blocks.map(blockLines).filter((lines) => lines.length > 0);
  return ['', `## ${inert(title)}`, ...shown.flatMap((lines) => ['', ...lines])];
}

function blockLines(block: Block): readonly string[] {
  switch (block.kind) {
    case 'facts':
      return block.facts.map((fact, index) => factLine(fact, block.numbered ? `${index + 1}.` : '-'));
    case 'list':
      return block.items.map((item) => `- ${lineOf(item)}`);
    case 'tasks':
      return block.tasks.map(({ done, text }) => `- [${done ? 'x' : ' '}] ${lineOf(text)}`);
    case 'table':
      return tableLines(block);
    case 'text':
      return [lineOf(block.text)];
    case 'heading':
      return [`### ${inert(block.text)}`];
    case 'lines':
      return [`**${inert(block.name)}**, ${inert(block.note)}:`, '', ...codeBlock(block.lines)];
    // What a picture shows stands in the table after it.
    case 'times':
      return [];
    case 'readings':
      return plotLines(block.plots);
  }
}

function factLine({ name, value }: Fact, mark: string): string {
  return `${mark} **${inert(name)}:** ${lineOf(value)}`;
}

function tableLines({ head, rows, numbers }: Extract<Block, { kind: 'table' }>): readonly string[] {
  const cells = (row: readonly string[]): string => `| ${row.map((cell) => inCell(cell)).join(' | ')} |`;
  return [
    cells(head.map(inert)),
    cells(head.map((_, column) => (numbers.includes(column) ? '---:' : '---'))),
    ...rows.map((row) => cells(row.map(lineOf))),
  ];
}

/** A picture in a line of text each: the page shows them drawn. */
function plotLines(plots: readonly Plot[]): readonly string[] {
  return plots.flatMap((plot, index) => {
    const { rule, subject, readings, levels } = plot.series;
    const unit = unitOf(plot.series);
    const values = readings.flatMap(({ value }) => (value === null ? [] : [value]));
    const range =
      values.length === 0
        ? 'a probe: ▁ passed, █ failed'
        : `${formatQuantity(Math.min(...values), unit)} to ${formatQuantity(Math.max(...values), unit)}`;
    const thresholds = levels
      .map(({ severity, condition }) => `${severity.toUpperCase()} ${condition}`)
      .join(', ');
    return [
      ...(index === 0 ? [] : ['']),
      `${codeSpan(rule)} on ${codeSpan(subject)}, ${inert(range)}; thresholds: ${inert(thresholds)}. ${inert(wordReadings(plot))}`,
      '',
      ...codeBlock([sparkline(plot)]),
    ];
  });
}

function lineOf(line: Line): string {
  // Escaping looks at the start of a line, and only the first piece stands there.
  return line
    .map((piece) => {
      if (typeof piece === 'string') return spacedInert(piece);
      return 'code' in piece ? codeSpan(piece.code) : `_\\[${inert(piece.fill)}\\]_`;
    })
    .join('')
    .trim();
}

/** The spaces at both ends separate pieces. */
function spacedInert(piece: string): string {
  const [before = ''] = /^\s*/.exec(piece) ?? [];
  const [after = ''] = /\s*$/.exec(piece) ?? [];
  const body = inert(piece);
  return body === ''
    ? piece === ''
      ? ''
      : ' '
    : `${before === '' ? '' : ' '}${body}${after === '' ? '' : ' '}`;
}
