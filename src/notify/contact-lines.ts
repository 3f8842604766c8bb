import type { Contact, ContactRole } from '../domain/notification.ts';

/** What a matter is about, as far as it decides who has to be called. */
export type Matter = 'data' | 'host' | 'service';

/** Who knows most about it, first; the next ones where nobody has that role. */
const called: Readonly<Record<Matter, readonly ContactRole[]>> = {
  data: ['dba', 'on_call', 'tech_lead'],
  host: ['devops', 'on_call', 'tech_lead'],
  service: ['on_call', 'tech_lead'],
};

const words: Readonly<Record<ContactRole, string>> = {
  on_call: 'on call',
  tech_lead: 'tech lead',
  dba: 'DBA',
  devops: 'DevOps',
};

/**
 * Whom to call, by every way there is: `call: DBA Dana, +49 30 1234, Slack U02D, dana@shop.example`. Everybody of the
 * first role that somebody has.
 */
export function contactLines(contacts: readonly Contact[], matter: Matter): string[] {
  const having = called[matter].map((role) => contacts.filter((contact) => contact.role === role));
  const people = having.find((found) => found.length > 0) ?? [];
  return people.map(({ role, name, phone, slack, email }) => {
    const ways = [phone, slack === null ? null : `Slack ${slack}`, email].filter((way) => way !== null);
    return `call: ${words[role]} ${[name, ...ways].join(', ')}`;
  });
}
