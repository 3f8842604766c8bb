import { canonical } from '../domain/json.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { NewEntry } from '../domain/ports/store.ts';
import { longest } from './compose.ts';
import { inertLine, inertLines } from './inert.ts';

/**
 * What a communication plan says, in its own words and nothing else: those whom it is for may be outside of the house,
 * so it carries no story.
 *
 * @returns null when the entry holds no text
 */
export function announce({ at, incident, target, facts }: NewEntry, channel: string): Message | null {
  const { text, number } = facts;
  if (typeof text !== 'string' || text.trim() === '') return null;
  const [title = '', ...rest] = text.trim().split('\n');
  return {
    key: `${incident ?? target ?? 'daemon'}/announcement/${canonical(number)}/${at}/${channel}`,
    channel,
    incident,
    at,
    title: inertLine(title, longest.title),
    text: inertLines(rest.join('\n').trim(), longest.text),
    urgent: false,
    story: null,
  };
}
