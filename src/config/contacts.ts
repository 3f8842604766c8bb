import { contactRoles, type Contact, type ContactRole } from '../domain/notification.ts';
import { sameName } from '../domain/names.ts';
import { contactShape } from './people-shapes.ts';
import type { Place } from './place.ts';
import { unknownWord } from './suggest.ts';

/** `contacts:`, by role; one person or rota each, or a list. */
export function readContacts(place: Place): readonly Contact[] {
  const contacts: Contact[] = [];
  for (const [role, at] of place.entries('contacts by role')) {
    if (!isRole(role)) {
      at.problem(unknownWord('unknown role', role, contactRoles), 'key');
      continue;
    }
    const items = Array.isArray(at.value) ? at.items('contacts') : [at];
    if (items.length === 0) at.problem('names nobody', 'key');
    for (const item of items) {
      const contact = readContact(item, role);
      if (contact === null) continue;
      checkKnown(item, contact, contacts);
      contacts.push(contact);
    }
  }
  return contacts;
}

function isRole(role: string): role is ContactRole {
  return (contactRoles as readonly string[]).includes(role);
}

function readContact(place: Place, role: ContactRole): Contact | null {
  const { name, slack, email, phone } = place.fields(contactShape);
  if (name === undefined) return null;
  if (!['slack', 'email', 'phone'].some((way) => place.has(way)))
    place.problem(`${name} cannot be reached; expected slack, email or phone`, 'key');
  return { role, name, slack: slack ?? null, email: email ?? null, phone: phone ?? null };
}

/** Names and Slack ids lead to each other, both ways: an answer in Slack is the answer of the name. */
function checkKnown(place: Place, { role, name, slack }: Contact, others: readonly Contact[]): void {
  if (others.some((other) => other.role === role && sameName(other.name, name)))
    place.at('name').problem(`${name} is already a contact for ${role}`);
  if (slack === null) return;
  const twin = others.find((other) => other.slack === slack && !sameName(other.name, name));
  if (twin !== undefined)
    place.at('slack').problem(`${slack} is already ${twin.name}: nobody could tell whose answer it is`);
  const elsewhere = others.find((other) => sameName(other.name, name) && (other.slack ?? slack) !== slack);
  if (elsewhere !== undefined)
    place.at('slack').problem(`${name} is already ${elsewhere.slack ?? ''}; one person has one id`);
}
