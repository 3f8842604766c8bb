import { tallyInWords } from '../domain/data-integrity.ts';
import type { IncidentView } from '../domain/ports/daemon.ts';
import { columns, wrapped } from './columns.ts';
import type { Paint } from './paint.ts';

/** Things that are shown one by one; the rest is in `--json`. */
const mostThings = 30;

/** What became of the records that steps replaced, thing by thing; nothing where no data was replaced. */
export function dataLines(
  { integrity, data }: IncidentView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  if (data === null) return [];
  const count = (records: number | null) => (records === null ? 'not counted' : String(records));
  const bad = (records: number | null) =>
    records === null || records === 0 ? count(records) : paint.red(count(records));
  const shown = integrity.slice(0, mostThings);
  const rows = shown.map(({ name, before, after, lost, corrupted, orphaned }) => [
    name,
    count(before),
    count(after),
    bad(lost),
    bad(corrupted),
    bad(orphaned),
  ]);
  const head = ['RECORDS', 'BEFORE', 'AFTER', 'LOST', 'CORRUPTED', 'ORPHANED'].map(paint.dim);
  const more = integrity.length - shown.length;
  return [
    tallyInWords(data),
    ...columns([head, ...rows]),
    ...(more > 0 ? [`… and ${more} more`] : []),
    ...[...new Set(shown.map(({ how }) => how))]
      .filter((how) => how !== '')
      .flatMap((how) => wrapped(how, width - 2, '').map(paint.dim)),
  ];
}
