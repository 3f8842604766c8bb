import { inertLines } from '../../inert.ts';
import { escaped } from '../card/plain.ts';
import type { Outcome } from './desk.ts';
import type { Origin } from './interaction.ts';
import type { Block, SlackCalls, Whisper } from './slack-calls.ts';

/** Of one block of text, with room for what makes it inert. */
const longest = 2_900;

/** What one person is told alone. Blocks of plain text are shown as they are: nothing in them is markup or a mention. */
export function whisperOf({ say, buttons }: Pick<Outcome, 'say' | 'buttons'>): Whisper {
  const text = inertLines(say, longest);
  const actions = buttons === undefined ? [] : [{ type: 'actions', elements: buttons }];
  return { text: escaped(text), blocks: [section(text), ...actions] };
}

/** Details in a window. */
export function viewOf(say: string): Block {
  const text = inertLines(say, 12_000);
  const parts = Array.from({ length: Math.ceil(text.length / longest) }, (_, index) =>
    text.slice(index * longest, (index + 1) * longest).toWellFormed(),
  );
  return {
    type: 'modal',
    title: { type: 'plain_text', text: 'rollbackd' },
    close: { type: 'plain_text', text: 'Close' },
    blocks: parts.filter((part) => part.trim() !== '').map(section),
  };
}

/** Tells somebody alone: where Slack said to answer, or in the channel. Rejects when neither works. */
export async function whisperTo(calls: SlackCalls, by: Origin, whisper: Whisper): Promise<void> {
  if (by.responseUrl !== '') {
    const answered = await calls.respond(by.responseUrl, whisper).then(
      () => true,
      () => false,
    );
    if (answered) return;
  }
  await calls.whisper({ channel: by.channel, user: by.user }, whisper);
}

function section(text: string): Block {
  return { type: 'section', text: { type: 'plain_text', text, emoji: false } };
}
