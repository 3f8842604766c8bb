import type { Block, RichText } from './blocks.ts';
import { line, said } from './lines.ts';

/**
 * The longest that all blocks of a message may be together, in bytes of JSON. Slack documents no such limit and refuses
 * about 13,200 with `msg_blocks_too_long` (https://github.com/slackapi/bolt-js/issues/2509).
 */
export const longestBlocks = 12_000;

export interface Parts {
  readonly always: readonly Block[];
  /** Most needed first. */
  readonly details: readonly RichText[];
  readonly last: RichText;
}

/** As many details as Slack takes; that some are missing is said. */
export function fit({ always, details, last }: Parts): readonly Block[] {
  for (let count = details.length; count > 0; count -= 1) {
    const blocks = [...always, ...details.slice(0, count), ...cutNote(details.length - count), last];
    if (sizeOf(blocks) <= longestBlocks) return blocks;
  }
  return [...always, ...cutNote(details.length), last];
}

/** In bytes of JSON. */
export function sizeOf(blocks: readonly Block[]): number {
  return Buffer.byteLength(JSON.stringify(blocks));
}

function cutNote(missing: number): readonly RichText[] {
  return missing === 0
    ? []
    : [{ type: 'rich_text', elements: [line(said('… more than Slack can show (cut)'))] }];
}
