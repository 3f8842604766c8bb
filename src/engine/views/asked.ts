import type { AskedView } from '../../domain/ports/daemon.ts';
import type { Core } from '../core.ts';
import { incidentView } from './incident.ts';

/** The question behind a button or a link, open or over; null when there never was one, or it is past retention. */
export async function askedView(core: Core, id: string): Promise<AskedView | null> {
  const ticket = await core.parts.store.ticket(id);
  if (ticket === null) return null;
  const incident = await incidentView(core, ticket.incident);
  if (incident === null) return null;
  const { question } = incident;
  return { ticket, incident, current: question?.state === 'open' && question.ticket === id };
}
