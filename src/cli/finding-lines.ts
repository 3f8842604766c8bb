import type { Finding, Gravity } from '../domain/finding.ts';
import type { Paint } from './paint.ts';
import { printable } from './printable.ts';

const widest = 160;
const mostPlaces = 20;

/**
 * Findings as a compiler shows them: the line, a caret under what is meant, why it matters, what to do. Infos of one
 * code are shown once, with the other places where they hold.
 */
export function findingLines(findings: readonly Finding[], paint: Paint): readonly string[] {
  const told = new Set<string>();
  return findings.flatMap((finding) => {
    if (finding.gravity !== 'info') return shown(finding, [], paint);
    if (told.has(finding.code)) return [];
    told.add(finding.code);
    const others = findings.filter(
      (other) => other !== finding && other.code === finding.code && other.gravity === 'info',
    );
    return shown(finding, others, paint);
  });
}

/** `2 errors, 1 warning, 3 infos`, of those there are. */
export function countFindings(findings: readonly Finding[]): string {
  return (['error', 'warning', 'info'] as const)
    .flatMap((gravity) => {
      const count = findings.filter((finding) => finding.gravity === gravity).length;
      return count === 0 ? [] : [`${count} ${gravity}${count === 1 ? '' : 's'}`];
    })
    .join(', ');
}

function shown(finding: Finding, others: readonly Finding[], paint: Paint): readonly string[] {
  const { code, gravity, file, line, column, message, why, remedy } = printable(finding);
  const colour = styles[gravity];
  const gutter = ' '.repeat(`${line}`.length);
  const { text, caret } = excerptOf(finding);
  const bar = paint.cyan('|');
  return [
    `${paint[colour](`${gravity}[${code}]`)}: ${paint.bold(message)}`,
    `${gutter}${paint.cyan('-->')} ${file}:${line}:${column}`,
    ...(text === ''
      ? []
      : [`${paint.cyan(`${line}`)} ${bar} ${text}`, `${gutter} ${bar} ${paint[colour](caret)}`]),
    `${gutter} ${paint.cyan('=')} why: ${why}`,
    `${gutter} ${paint.cyan('=')} do:  ${remedy}`,
    ...placesOf(others, gutter, paint),
    '',
  ];
}

function placesOf(others: readonly Finding[], gutter: string, paint: Paint): readonly string[] {
  if (others.length === 0) return [];
  const places = others
    .slice(0, mostPlaces)
    .map(({ file, line, column }) => printable(`${file}:${line}:${column}`));
  const more = others.length > mostPlaces ? [`and ${others.length - mostPlaces} more`] : [];
  return [
    `${gutter} ${paint.cyan('=')} also at:`,
    ...[...places, ...more].map((place) => `${gutter}     ${place}`),
  ];
}

const styles = { error: 'red', warning: 'yellow', info: 'cyan' } as const satisfies Record<
  Gravity,
  keyof Paint
>;

/** The line and the caret under it; of a long line, what is around the caret. */
function excerptOf({ excerpt, column, length }: Finding): { readonly text: string; readonly caret: string } {
  const line = excerpt.replaceAll(/\p{Cc}/gu, ' ');
  const from = line.length > widest ? Math.max(0, column - 1 - widest / 4) : 0;
  const cut = line.slice(from, from + widest);
  const before = from > 0 ? '…' : '';
  const text = `${before}${cut}${from + widest < line.length ? '…' : ''}`;
  const start = before.length + column - 1 - from;
  const caret = `${' '.repeat(start)}${'^'.repeat(Math.max(1, Math.min(length, cut.length - (column - 1 - from))))}`;
  return { text: text.trimEnd(), caret };
}
