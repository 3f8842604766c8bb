import { CST, isPair, Lexer, visit } from 'yaml';
import type { Explained, Hit } from './check.ts';
import type { SourceFile, Stretch } from './source-file.ts';

/** `# rollbackd:disable promql/rate-gauge until 2027-01-31 a counter, whatever its name says`. */
export interface Silence {
  readonly file: SourceFile;
  readonly comment: Stretch;
  readonly codes: readonly { readonly code: string; readonly at: Stretch }[];
  /** `2027-01-31`: the last day on which it holds; null for ever. */
  readonly until: { readonly day: string; readonly at: Stretch } | null;
  readonly reason: string;
  /** The lines that it covers, both included. */
  readonly lines: { readonly first: number; readonly last: number };
}

/** What may be wrong with a comment that silences. */
export const silenceCodes = {
  'silence/no-reason': {
    gravity: 'warning',
    why: 'Whoever reads the rule a year from now must be able to judge whether the silence still makes sense.',
    remedy:
      'Say why, behind the code: # rollbackd:disable CODE [until DATE] REASON. Until then it silences nothing.',
  },
  'silence/unknown-code': {
    gravity: 'warning',
    why: 'A code that does not exist silences nothing.',
    remedy: 'Write the code as the finding shows it.',
  },
  'silence/expired': {
    gravity: 'warning',
    why: 'The day is over until which this was to be overlooked.',
    remedy: 'Repair what was silenced, or give it a new date and say why.',
  },
  'silence/unused': {
    gravity: 'info',
    why: 'There is nothing to silence here any more; left standing, it would hide the next finding.',
    remedy: 'Remove the comment.',
  },
} as const satisfies Record<string, Explained>;

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
    const gap = /^[\s,]*/.exec(text.slice(next))?.[0].length ?? 0;
    word.lastIndex = next + gap;
    const code = word.exec(text)?.[0];
    if (code === undefined) break;
    const from = at + next + gap;
    codes.push({ code, at: { file, from, to: from + code.length } });
    next += gap + code.length;
  }
  const rest = text.slice(next);
  const until = /^[\s,]*until\s+(\d{4}-\d{2}-\d{2})(?=\s|$)/.exec(rest);
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

/** What silences leave of the findings, and what is wrong with themselves. */
export interface Silenced<Found> {
  readonly left: readonly Found[];
  readonly silenced: number;
  readonly hits: readonly (Hit & { readonly code: keyof typeof silenceCodes })[];
}

/**
 * Applies silences to what was found.
 *
 * @param today `2026-11-21`
 * @param asked which codes were looked for: a silence of another may be of use another time
 */
export function applySilences<
  Found extends { readonly code: string; readonly file: string; readonly line: number },
>(
  found: readonly Found[],
  silences: readonly Silence[],
  { today, known, asked }: { today: string; known: ReadonlySet<string>; asked: ReadonlySet<string> },
): Silenced<Found> {
  const hits: (Hit & { code: keyof typeof silenceCodes })[] = [];
  const gone = new Set<Found>();
  const byCode = Map.groupBy(found, ({ code }) => code);
  for (const silence of silences) {
    const flaw = flawOf(silence, today);
    if (flaw !== null) hits.push(flaw);
    for (const { code, at } of silence.codes) {
      if (!known.has(code)) {
        hits.push({ code: 'silence/unknown-code', at, message: `there is no check ${code}` });
        continue;
      }
      const covered = (byCode.get(code) ?? []).filter((finding) => covers(silence, finding));
      if (covered.length === 0 && asked.has(code))
        hits.push({ code: 'silence/unused', at, message: `there is no ${code} here` });
      if (flaw === null) covered.forEach((finding) => gone.add(finding));
    }
  }
  return { left: found.filter((finding) => !gone.has(finding)), silenced: gone.size, hits };
}

function flawOf(
  { codes, reason, until, comment }: Silence,
  today: string,
): (Hit & { code: keyof typeof silenceCodes }) | null {
  if (codes.length === 0)
    return { code: 'silence/unknown-code', at: comment, message: 'the comment names no check' };
  if (reason === '') return { code: 'silence/no-reason', at: comment, message: 'the silence has no reason' };
  if (until === null || until.day >= today) return null;
  return { code: 'silence/expired', at: until.at, message: `the silence ended on ${until.day}` };
}

function covers(
  { file, lines }: Silence,
  finding: { readonly file: string; readonly line: number },
): boolean {
  return finding.file === file.name && finding.line >= lines.first && finding.line <= lines.last;
}
