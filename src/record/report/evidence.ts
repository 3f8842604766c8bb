import type { IncidentView } from '../../domain/ports/daemon.ts';
import { counted } from './course.ts';
import { table, text, type Block, type Section } from './document.ts';

const mostTexts = 20;
const mostLines = 30;
const mostColumns = 400;

/** What was captured before anything changed, by name, with the end of each text: the last lines of a log tell most. */
export function evidence({ evidence: captured, id }: IncidentView): readonly Section[] {
  const texts = Object.entries(captured).map(([name, whole]) => ({ name, lines: linesOf(whole) }));
  if (texts.length === 0) return [];
  const short = texts.filter(({ lines }) => lines.length <= 1);
  const long = texts.filter(({ lines }) => lines.length > 1);
  const blocks: readonly Block[] = [
    ...(short.length === 0
      ? []
      : [
          table(
            ['Name', 'What'],
            short.slice(0, mostTexts).map(({ name, lines }) => [[name], [lines[0] ?? '']]),
          ),
        ]),
    ...long.slice(0, mostTexts).map(({ name, lines }): Block => {
      const left = Math.max(0, lines.length - mostLines);
      const note =
        left === 0 ? counted(lines.length, 'line') : `the last ${mostLines} of ${lines.length} lines`;
      return { kind: 'lines', name, note, lines: lines.slice(-mostLines) };
    }),
    ...(texts.length > 2 * mostTexts ? [text('More was captured than is shown here.')] : []),
    text('All of it: ', { code: `rollbackd show ${id} --json` }),
  ];
  return [{ title: 'Evidence', blocks }];
}

function linesOf(whole: string): readonly string[] {
  return whole
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => (line.length <= mostColumns ? line : `${line.slice(0, mostColumns)}…`));
}
