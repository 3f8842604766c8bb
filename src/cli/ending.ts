import type { IncidentRow } from '../domain/ports/store.ts';
import type { Paint } from './paint.ts';

/** The outcome of an incident, or where it stands: `rolled back`, `asking`. */
export function ending({ state, outcome }: Pick<IncidentRow, 'state' | 'outcome'>, paint: Paint): string {
  if (outcome === 'recovered' || outcome === 'rolled_back') return paint.green(spaced(outcome));
  if (outcome === 'withdrawn') return paint.dim(outcome);
  const said = spaced(outcome ?? state);
  return said === 'handed over' ? paint.red(said) : paint.bold(said);
}

/** `handed_over` → `handed over`. */
export function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}
