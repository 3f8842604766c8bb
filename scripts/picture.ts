// Draws what a command printed as an SVG of a terminal:  FORCE_COLOR=1 COMMAND | node scripts/picture.ts OUT.svg "$ COMMAND"
import { readFileSync, writeFileSync } from 'node:fs';

const cell = { width: 8.4, height: 19 };
const margin = 20;
const colors: Readonly<Record<string, string>> = {
  '30': '#6e7681',
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '34': '#79c0ff',
  '35': '#d2a8ff',
  '36': '#76e3ea',
  '37': '#e6edf3',
  '90': '#8b949e',
};

interface Style {
  readonly color: string;
  readonly bold: boolean;
  readonly dim: boolean;
}
const plain: Style = { color: '#e6edf3', bold: false, dim: false };

const [out = '', prompt = ''] = process.argv.slice(2);
if (out === '') {
  console.error('usage: COMMAND | node scripts/picture.ts OUT.svg ["$ COMMAND"]');
  process.exit(2);
}
const text = readFileSync(0, 'utf8').trimEnd();
const lines = [...(prompt === '' ? [] : [`\u001b[90m${prompt}\u001b[0m`, '']), ...text.split('\n')];
writeFileSync(out, draw(lines));

function draw(all: readonly string[]): string {
  const columns = Math.max(...all.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, '').length));
  const width = Math.ceil(columns * cell.width + 2 * margin);
  const height = all.length * cell.height + 2 * margin;
  const rows = all.map((line, index) => row(line, margin + (index + 0.75) * cell.height));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function row(line: string, y: number): string {
  let style = plain;
  let column = 0;
  const spans: string[] = [];
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) style = restyled(style, codes);
    else if (part !== '') spans.push(span(part, column, style));
    if (codes === undefined) column += part.length;
  }
  return `<text y="${y.toFixed(1)}">${spans.join('')}</text>`;
}

function span(part: string, column: number, { color, bold, dim }: Style): string {
  const x = (margin + column * cell.width).toFixed(1);
  const weight = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.65"' : ''}`;
  const length = ` textLength="${(part.length * cell.width).toFixed(1)}"`;
  return `<tspan x="${x}" fill="${color}"${weight}${length}>${escaped(part)}</tspan>`;
}

function restyled(style: Style, codes: string): Style {
  let next = style;
  for (const code of codes.split(';')) {
    if (code === '0' || code === '') next = plain;
    else if (code === '1') next = { ...next, bold: true };
    else if (code === '2') next = { ...next, dim: true };
    else if (code === '39') next = { ...next, color: plain.color };
    else next = { ...next, color: colors[code] ?? next.color };
  }
  return next;
}

function escaped(part: string): string {
  return part
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(' ', '\u00a0');
}
