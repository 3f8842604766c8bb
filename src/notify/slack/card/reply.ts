import { contactRoles, type Contact } from '../../../domain/notification.ts';
import type { Message } from '../../../domain/ports/channel.ts';
import type { Line, Piece, Rendered, RichText } from './blocks.ts';
import { longestBlocks, sizeOf } from './fit.ts';
import { bold, data, line, said } from './lines.ts';
import { isSlackUser } from './other-sections.ts';
import { plain, withoutMarkup } from './plain.ts';

/** What is told in the thread: messages in their order, in one reply. Whom it concerns is mentioned. Pure. */
export function reply(messages: readonly Message[], contacts: readonly Contact[]): Rendered {
  const mentioned = mentions(messages, contacts);
  // Each halving makes every text shorter, and with none all fits.
  for (let room = 2_400 / Math.max(1, Math.ceil(messages.length / 3)); room >= 1; room /= 2) {
    const blocks = [...messages.map((message) => told(message, room)), ...mentioned];
    if (sizeOf(blocks) <= longestBlocks) return { text: notification(messages), blocks };
  }
  return { text: notification(messages), blocks: messages.map((message) => told(message, 0)) };
}

function told({ title, text }: Message, room: number): RichText {
  const longestTitle = room === 0 ? 80 : 300;
  return {
    type: 'rich_text',
    elements: [line(bold(title, longestTitle)), ...textLines(text, Math.floor(room))],
  };
}

/** As many lines as there is room for. */
function textLines(text: string, room: number): readonly Line[] {
  const lines: Line[] = [];
  let left = room;
  for (const written of text.slice(0, 20_000).split('\n')) {
    if (written.trim() === '') continue;
    if (left < 40) return [...lines, line(said('… (cut)'))];
    const shown = data(written, Math.min(left, 400));
    lines.push(line(shown));
    left -= shown.type === 'text' ? shown.text.length + 10 : 0;
  }
  return lines;
}

function mentions(messages: readonly Message[], contacts: readonly Contact[]): readonly RichText[] {
  const roles = new Set(messages.flatMap(called));
  const ids = contacts.filter(({ role }) => roles.has(role)).map(({ slack }) => slack);
  const users = [...new Set(ids.filter(isSlackUser))].slice(0, 20);
  if (users.length === 0) return [];
  const pieces = users.flatMap((user_id): readonly Piece[] => [said(' '), { type: 'user', user_id }]);
  return [{ type: 'rich_text', elements: [line(said('for'), ...pieces)] }];
}

/** Who has to come: for a question those who answer it, with data at stake the DBA too; all when it is handed over. */
function called({ story }: Message): readonly Contact['role'][] {
  if (story?.type === 'incident.handed_over' || story?.type === 'rollback.holding') return contactRoles;
  if (story?.type !== 'question.asked') return [];
  const { people } = story.facts;
  return typeof people === 'number' && people > 1 ? ['on_call', 'dba'] : ['on_call'];
}

function notification(messages: readonly Message[]): string {
  const titles = messages.slice(0, 8).map(({ title }) => withoutMarkup(plain(title, 400)));
  const left = messages.length - titles.length;
  return [...titles, ...(left > 0 ? [`… and ${left} more (cut)`] : [])].join('\n');
}
