import { tell, type Directory } from '../../src/app/telling.ts';
import type { IncidentView } from '../../src/domain/ports/daemon.ts';

const everythingToAll: Directory = {
  channels: { slackWebhook: null, slackApp: null, email: null, webhooks: [], alertmanager: null },
  notify: { routes: [], contacts: [], remindMs: 0 },
  rules: [],
};

/** However much is told in between, people hear that it began and how it ended. */
const alwaysTold = ['incident.opened', 'incident.handed_over', 'incident.closed'];

/** Sentences of the journal that were not posted, or less often than they were journaled. A repeat is allowed. */
export function untold(incident: IncidentView, messages: readonly string[]): readonly string[] {
  const sentences = incident.journal
    .filter(
      (entry) => alwaysTold.includes(entry.type) || tell(entry, incident, 'slack', everythingToAll) !== null,
    )
    .map(({ message }) => plain(message));
  return [...new Set(sentences)].filter(
    (sentence) =>
      messages.filter((text) => text.includes(sentence)).length <
      sentences.filter((same) => same === sentence).length,
  );
}

/** Without the words that stand in front of every message anyway. */
function plain(message: string): string {
  return message.replace(/^(CRITICAL|HIGH|MEDIUM) on \S+: /, '');
}
