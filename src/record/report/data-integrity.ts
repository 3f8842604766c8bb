import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Json } from '../../domain/json.ts';
import { table, type Block, type Line } from './document.ts';

/** `users records before`, `records_lost`, `rows-after`. */
const countName = /^(?:(.*?)[ _.-]+)?(?:records|rows)[ _.-]+(before|after|lost)$/i;

type When = 'before' | 'after' | 'lost';

/**
 * How many records there were before and after, where the steps counted them: facts or captured texts of effects
 * named `records before`, `records after`, `records lost`, with what was counted in front.
 */
export function dataIntegrity({ journal }: IncidentView): readonly Block[] {
  const found = new Map<string, Partial<Record<When, string>>>();
  for (const { type, facts } of journal) {
    if (!type.startsWith('effect.')) continue;
    for (const [name, value] of [...Object.entries(facts), ...membersOf(facts['evidence'])]) {
      const [, what = '', when = ''] = countName.exec(name) ?? [];
      const count = countIn(value);
      if (when === '' || count === null) continue;
      found.set(what, { ...found.get(what), [when.toLowerCase()]: count });
    }
  }
  if (found.size === 0) return [];
  const rows = [...found].map(([what, counts]): readonly Line[] => [
    [what === '' ? 'records' : what],
    [counts.before ?? '–'],
    [counts.after ?? '–'],
    [counts.lost ?? lostBetween(counts)],
  ]);
  return [
    { kind: 'heading', text: 'Data integrity' },
    { ...table(['Records', 'Before', 'After', 'Lost'], rows), numbers: [1, 2, 3] } as Block,
  ];
}

function membersOf(value: Json | undefined): [string, Json][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** A whole number, also where a program printed it. */
function countIn(value: Json | undefined): string | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  return /^\d{1,15}$/.test(text) ? text : null;
}

function lostBetween({ before, after }: Partial<Record<When, string>>): string {
  return before === undefined || after === undefined
    ? '–'
    : String(Math.max(0, Number(before) - Number(after)));
}
