import type { Explained, Hit } from './check.ts';
import type { Silence } from './silences.ts';

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
  'silence/bad-date': {
    gravity: 'warning',
    why: 'A day that cannot be read never comes, so the silence would last for ever.',
    remedy: 'Write the day as in until 2027-01-31. Until then it silences nothing.',
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
  if (until !== null && !isDay(until.day))
    return { code: 'silence/bad-date', at: until.at, message: `${until.day} is no day` };
  if (until === null || until.day >= today) return null;
  return { code: 'silence/expired', at: until.at, message: `the silence ended on ${until.day}` };
}

/** `2027-01-31`, and no 31st of February. */
function isDay(written: string): boolean {
  const date = new Date(`${written}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${written}T`);
}

function covers(
  { file, lines }: Silence,
  finding: { readonly file: string; readonly line: number },
): boolean {
  return finding.file === file.name && finding.line >= lines.first && finding.line <= lines.last;
}
