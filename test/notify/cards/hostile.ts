import * as fc from 'fast-check';
import type { CardView } from '../../../src/notify/slack/card/view.ts';

/** Texts that a name, a label or a reason may have, and that Slack or a reader could take for something else. */
export const hostileTexts: readonly string[] = [
  '<!channel>',
  '<@U0ALICE> <#C1> <!subteam^S1> <!date^1^{date}^x>',
  '<https://evil.example|Approve here>',
  '&lt;!here&gt; &amp; <',
  '*bold* _italic_ ~struck~ `code` ```block``` > quote',
  ':tada: :100: :+1:',
  'a\u202ebackwards\u202c \u2066isolated\u2069 \u200fmark',
  'zero\u200bwidth\u200d\ufeff\u2060 \u00ad soft',
  'two\nlines\r\n\tand a tab\u2028and\u0085more',
  'bell\u0007 escape\u001b[31m nul\u0000 del\u007f',
  'عربي עברית',
  '\ud800 half',
  '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(300),
  `z${'\u0301'.repeat(5_000)}`,
  'x'.repeat(20_000),
  '<'.repeat(10_000),
  '"\\'.repeat(5_000),
  '界'.repeat(5_000),
  ' '.repeat(9_000),
  '',
];

/** Members of a view that hold data of the world. */
const data = new Set([
  'id',
  'target',
  'rule',
  'subject',
  'summary',
  'detail',
  'condition',
  'reason',
  'endedBecause',
  'playbook',
  'digest',
  'name',
  'by',
  'email',
  'phone',
  'slack',
  'message',
  'head',
]);
const lists = new Set(['steps', 'destroys', 'verification', 'byHand']);
/** Lists that may be of any length. */
const long = new Set([
  'steps',
  'destroys',
  'verification',
  'byHand',
  'levels',
  'findings',
  'contacts',
  'effects',
]);

/** The view with each of its texts from `text`, and its lists `times` as long. */
export function spoiled(view: CardView, text: () => string, times = 1): CardView {
  const walk = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) {
      const items = long.has(name) ? Array.from({ length: times }, () => value as unknown[]).flat() : value;
      return items.map((item) => (typeof item === 'string' && lists.has(name) ? text() : walk(item, name)));
    }
    if (typeof value === 'string') return data.has(name) ? text() : value;
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, key)]));
  };
  return walk(view, '') as CardView;
}

/** Any text, and many that are meant ill. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...hostileTexts),
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.string({ unit: 'grapheme', maxLength: 3_000 }),
  fc
    .array(fc.constantFrom(...Array.from('<>&!@#|*_~`:\n\u202e\u200b"\\é界👍🏽')), { maxLength: 2_000 })
    .map((parts) => parts.join('')),
);
