/** What Slack would make of a text in which it reads markup. */

const markup: readonly (readonly [string, RegExp])[] = [
  ['special', /<[^>]*>/g],
  ['bold', /(?<![\p{L}\p{N}])\*[^\s*][^*]*\*/gu],
  ['italic', /(?<![\p{L}\p{N}])_[^\s_][^_]*_(?![\p{L}\p{N}])/gu],
  ['struck', /(?<![\p{L}\p{N}])~[^\s~][^~]*~/gu],
  ['code', /`[^`]+`/g],
  ['emoji', /:[\w+'-]+:/g],
  ['entity', /&(?!amp;|lt;|gt;)/g],
];

/** Everything in it that is not shown as it stands: `special <!channel>`, `bold *b*`. */
export function tokens(text: string): string[] {
  return markup.flatMap(([name, pattern]) =>
    [...text.matchAll(pattern)].map(([found]) => `${name} ${found}`),
  );
}

/** The same where Slack reads no markup, but still its three control characters. */
export function controls(text: string): string[] {
  return [...text.matchAll(/<[^>]*>?|&(?!amp;|lt;|gt;)/g)].map(([found]) => found);
}
