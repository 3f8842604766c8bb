import type { EffectOutcome } from '../../domain/effect.ts';
import { integrityOf } from './integrity.ts';
import type { Progress } from './progress.ts';

/** How a restoration that is done is told of. */
export function doneWith(store: string, progress: Progress, kept: string): EffectOutcome {
  const integrity = integrityOf(store, progress);
  const counts = Object.entries(progress.restored ?? {});
  const rows = counts.reduce((sum, [, count]) => sum + count, 0);
  const lines = counts.map(([table, count]) => `${table}: ${progress.before?.[table] ?? '?'} -> ${count}`);
  return {
    ended: 'done',
    detail: `${store} is as in ${progress.set}: ${counted(counts.length, 'table')}, ${counted(rows, 'row')}; ${kept}`,
    evidence: { [`${store} from ${progress.set}`]: lines.slice(0, 500).join('\n') },
    integrity,
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
