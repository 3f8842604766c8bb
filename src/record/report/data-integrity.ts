import { tallyInWords, tallyOf, type DataIntegrity } from '../../domain/data-integrity.ts';
import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Json } from '../../domain/json.ts';
import { text, type Block, type Line } from './document.ts';

/** `users records before`, `records_lost`, `rows-after`. */
const countName = /^(?:(.*?)[ _.-]+)?(?:records|rows)[ _.-]+(before|after|lost|corrupted|orphaned)$/i;

type Measure = 'before' | 'after' | 'lost' | 'corrupted' | 'orphaned';

/**
 * What became of the records: what steps that replace data counted, and what others told in facts or captured texts named
 * `records before`, `records after`, `records lost`…, with what was counted in front.
 */
export function dataIntegrity({
  integrity,
  journal,
}: Pick<IncidentView, 'integrity' | 'journal'>): readonly Block[] {
  const things = [...integrity, ...toldCounts(journal)];
  const tally = tallyOf(things);
  if (tally === null) return [];
  const rows = things.map(({ name, before, after, lost, corrupted, orphaned, how }): readonly Line[] => [
    [name],
    ...[before, after, lost, corrupted, orphaned].map((count): Line => [counted(count)]),
    [how],
  ]);
  return [
    { kind: 'heading', text: 'Data integrity' },
    text(`${tallyInWords(tally)}.`),
    {
      kind: 'table',
      head: ['Records', 'Before', 'After', 'Lost', 'Corrupted', 'Orphaned', 'How it was counted'],
      rows,
      numbers: [1, 2, 3, 4, 5],
    },
  ];
}

function counted(count: number | null): string {
  return count === null ? 'not counted' : String(count);
}

/** Counts that programs and requests told of, by name. */
function toldCounts(journal: IncidentView['journal']): readonly DataIntegrity[] {
  const found = new Map<string, Partial<Record<Measure, number>>>();
  for (const { type, facts } of journal) {
    if (!type.startsWith('effect.')) continue;
    for (const [name, value] of [...Object.entries(facts), ...membersOf(facts['evidence'])]) {
      const [, what = '', measure = ''] = countName.exec(name) ?? [];
      const count = countIn(value);
      if (measure === '' || count === null) continue;
      found.set(what, { ...found.get(what), [measure.toLowerCase()]: count });
    }
  }
  return [...found].map(([what, counts]) => {
    const { before = null, after = null, lost = null, corrupted = null, orphaned = null } = counts;
    const missing = lost === null && before !== null && after !== null && before > after;
    return {
      name: what === '' ? 'records' : what,
      before,
      after,
      lost: missing ? before - after : lost,
      corrupted,
      orphaned,
      how: missing ? 'told by a step; lost is before less after' : 'told by a step',
    };
  });
}

function membersOf(value: Json | undefined): [string, Json][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** A whole number, also where a program printed it. */
function countIn(value: Json | undefined): number | null {
  const said = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  return /^\d{1,15}$/.test(said) ? Number(said) : null;
}
