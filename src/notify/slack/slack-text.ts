import type { Message } from '../../domain/ports/channel.ts';

/** Slack cuts longer texts without a word. */
const longest = 3_500;

type Told = Pick<Message, 'title' | 'text' | 'urgent'>;

/** A message as the text of a Slack post, in which nothing of the data is a mention, a link or markup of Slack's. */
export function slackText(message: Told): string {
  return slackTextOf([message]);
}

/** Several messages as the text of one post. */
export function slackTextOf(messages: readonly Told[]): string {
  const whole = messages
    .map(({ title, text, urgent }) => `${urgent ? '[ACT] ' : ''}${title}${text === '' ? '' : `\n${text}`}`)
    .join('\n\n');
  return escaped(whole.length > longest ? `${whole.slice(0, longest).toWellFormed()}\n… (cut)` : whole);
}

/** The three characters that Slack reads as control characters; see "Escaping text" in its reference. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
