import type { IncidentRow } from '../../domain/ports/store.ts';
import type { Picture } from './state.ts';

/** The incidents to choose from: the open ones, and one that closed while it was looked at. */
export function rowsOf({ status, incident }: Picture): readonly IncidentRow[] {
  const { open } = status;
  return incident === null || open.some(({ id }) => id === incident.id) ? open : [...open, incident];
}
