import { CST, isPair, Lexer, visit } from 'yaml';
import type { SourceFile, Stretch } from './source-file.ts';

/** `# rollbackd:disable promql/rate-gauge until 2027-01-31 a counter, whatever its name says`. */
export interface Silence {
  readonly file: SourceFile;
  readonly comment: Stretch;
  readonly codes: readonly { readonly code: string; readonly at: Stretch }[];
  /** `2027-01-31`: the last day on which it holds, as it is written; null for ever. */
  readonly until: { readonly day: string; readonly at: Stretch } | null;
  readonly reason: string;
  /** The lines that it covers, both included. */
  readonly lines: { readonly first: number; readonly last: number };
}

const directive = /^#\s*rollbackd:disable(?=\s|$)/;
const word = /[\w-]+\/[\w-]+/y;

/** Every comment of a file that silences something. */
export function silencesIn(file: SourceFile): readonly Silence[] {
  const comments = commentsOf(file.text).filter(({ text }) => directive.test(text));
  const ends = comments.length === 0 ? new Map<number, number>() : blockEnds(file);
  return comments.map(({ at, text, own, lastLineOffset }) => {
    const start = directive.exec(text)?.[0].length ?? 0;
    const line = file.position(at).line;
    const covered = own ? nextLine(file, line, lastLineOffset) : line;
    return {
      file,
      comment: { file, from: at, to: at + text.length },
      ...read(file, at, text, start),
      lines: { first: covered, last: ends.get(covered) ?? covered },
    };
  });
}

function read(
  file: SourceFile,
  at: number,
  text: string,
  start: number,
): Pick<Silence, 'codes' | 'until' | 'reason'> {
  const codes: { code: string; at: Stretch }[] = [];
  let next = start;
  for (;;) {
    // Only a comma makes the next word a code: a reason may begin with one like and/or.
    const gap = (codes.length === 0 ? /^\s*/ : /^\s*,\s*/).exec(text.slice(next))?.[0].length ?? -1;
    if (gap === -1) break;
    word.lastIndex = next + gap;
    const code = word.exec(text)?.[0];
    if (code === undefined) break;
    const from = at + next + gap;
    codes.push({ code, at: { file, from, to: from + code.length } });
    next += gap + code.length;
  }
  const rest = text.slice(next);
  const until = /^\s*until\s+(\S+)/.exec(rest);
  const day = until?.[1];
  const from = at + next + (until?.[0].length ?? 0) - (day?.length ?? 0);
  return {
    codes,
    until: day === undefined ? null : { day, at: { file, from, to: from + day.length } },
    reason: rest.slice(until?.[0].length ?? 0).trim(),
  };
}

interface Comment {
  readonly at: number;
  readonly text: string;
  /** It has a line of its own. */
  readonly own: boolean;
  /** Where the block scalar ends that the comment is a part of; null outside of one. */
  readonly lastLineOffset: number | null;
}

const markers = new Set(['\u{FEFF}', '\x02', '\x18', '\x1f']);

/** Comments of YAML, and those of PromQL inside of block scalars. */
function commentsOf(text: string): readonly Comment[] {
  const comments: Comment[] = [];
  let at = text.startsWith('\u{FEFF}') ? 1 : 0;
  let scalar = false;
  let block = false;
  for (const token of new Lexer().lex(text)) {
    const inScalar = scalar;
    scalar = token === '\x1f';
    if (markers.has(token)) continue;
    const type = CST.tokenType(token);
    if (!inScalar && type === 'comment')
      comments.push({ at, text: token, own: isFirstOfLine(text, at), lastLineOffset: null });
    if (inScalar && block)
      for (const match of token.matchAll(/^[ \t]*(#.*)$/gm)) {
        const from = at + match.index + match[0].length - (match[1]?.length ?? 0);
        comments.push({ at: from, text: match[1] ?? '', own: true, lastLineOffset: at + token.length });
      }
    if (type === 'block-scalar-header') block = true;
    else if (inScalar) block = false;
    at += token.length;
  }
  return comments;
}

function isFirstOfLine(text: string, at: number): boolean {
  return /^\s*$/.test(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
}

/** The first line below that is neither empty nor a comment. */
function nextLine(file: SourceFile, line: number, lastLineOffset: number | null): number {
  const end = lastLineOffset === null ? file.lines : file.position(Math.max(0, lastLineOffset - 1)).line;
  let next = line + 1;
  while (next < end && /^\s*(#|$)/.test(file.line(next))) next += 1;
  return next;
}

/** By line: where the last thing ends whose key stands on it, be it a rule, a signal or a block of text. */
function blockEnds(file: SourceFile): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  visit(file.root, {
    Map: (_, map) => {
      for (const pair of map.items) {
        if (!isPair(pair)) continue;
        const { key, value } = pair as { key: Ranged; value: Ranged };
        const start = key?.range?.[0];
        const end = value?.range?.[1];
        if (start === undefined || end === undefined) continue;
        const { line } = file.position(start);
        // A range of a block may include the line break behind it.
        const last = file.position(Math.max(start, end - 1)).line;
        ends.set(line, Math.max(last, ends.get(line) ?? line));
      }
    },
  });
  return ends;
}

type Ranged = { readonly range?: readonly number[] | null } | null;
