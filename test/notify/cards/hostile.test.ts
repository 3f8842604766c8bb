import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/domain/ports/channel.ts';
import { card, details } from '../../../src/notify/slack/card/card.ts';
import { plain, withoutMarkup } from '../../../src/notify/slack/card/plain.ts';
import { reply } from '../../../src/notify/slack/card/reply.ts';
import { brokenRules, textsIn } from './block-kit-rules.ts';
import { anyText, hostileTexts, spoiled } from './hostile.ts';
import { controls, tokens } from './mrkdwn.ts';
import { contacts, stages, view } from './stages.ts';

const hidden = /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066\u2067\ufeff]/u;

/** Each stage with the same text wherever data stands. */
const spoiledStages = Object.values(stages).flatMap((stage) =>
  hostileTexts.map((text) => card(spoiled(stage, () => text, 3))),
);

/** Ends of lines that are ours. */
function withoutOurLines(text: string): string {
  return text.replaceAll('\n', '');
}

describe('whatever stands in names, reasons, labels and notes', () => {
  test('a card is taken by Slack', () => {
    expect(spoiledStages.flatMap(brokenRules)).toEqual([]);
  });

  test('mentions nobody, links nowhere and formats nothing', () => {
    const inBlocks = spoiledStages.flatMap(({ blocks }) => textsIn(blocks)).flatMap(controls);
    const inNotifications = spoiledStages.flatMap(({ text }) => tokens(text));

    expect([...inBlocks, ...inNotifications]).toEqual([]);
  });

  test('only those are mentioned who are contacts and have an id of Slack', () => {
    const pieces = spoiledStages.flatMap(
      ({ blocks }) => JSON.stringify(blocks).match(/"user_id":"[^"]*"/g) ?? [],
    );

    expect(pieces).toEqual([]);
    expect(JSON.stringify(card(stages['handed-over'] ?? view({})).blocks)).toContain('"user_id":"U0ALICE"');
  });

  test('nothing hides in it, moves other text about or begins a line of its own', () => {
    const texts = spoiledStages.flatMap(({ blocks, text }) => [text, ...textsIn(blocks)]);

    expect(texts.filter((text) => hidden.test(withoutOurLines(text)))).toEqual([]);
    expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
  });

  test('a card of random texts and long lists is taken by Slack and inert', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(stages)),
        fc.array(anyText, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (stage, texts, times) => {
          let next = 0;
          const made = spoiled(stage, () => texts[next++ % texts.length] ?? '', times);
          const rendered = card(made);
          expect(brokenRules(rendered)).toEqual([]);
          expect(brokenRules({ text: 'x', blocks: details(made) })).toEqual([]);
          expect(textsIn(rendered.blocks).flatMap(controls)).toEqual([]);
          expect(tokens(rendered.text)).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a reply of random messages is taken by Slack and inert', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText), { minLength: 1, maxLength: 20 }), (written) => {
        const messages = written.map(([title, text], index) => message({ key: String(index), title, text }));
        const rendered = reply(messages, contacts);
        expect(brokenRules(rendered)).toEqual([]);
        expect(textsIn(rendered.blocks).flatMap(controls)).toEqual([]);
        expect(tokens(rendered.text)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

function message(given: Partial<Message>): Message {
  return {
    key: 'k',
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: 0,
    title: 'a title',
    text: '',
    urgent: false,
    story: null,
    ...given,
  };
}

describe('a text', () => {
  test.each([
    ['<!channel>', '&lt;!channel&gt;'],
    ['a & b', 'a &amp; b'],
    ['one\n  two\t three', 'one two three'],
    ['a\u202eb\u0007', 'a\u{fffd}b\u{fffd}'],
    ['شعار', '\u2068شعار\u2069'],
    ['👩‍👩‍👧', '👩‍👩‍👧'],
    ['a\u200db', 'a\u{fffd}b'],
  ])('%j is shown as %j', (text, shown) => {
    expect(plain(text, 100)).toBe(shown);
  });

  test('that is too long is cut where it is seen, between two graphemes and never within an escape', () => {
    expect(plain('abcdefghijklmnop', 12)).toBe('abcde… (cut)');
    expect(plain('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 16)).toBe('👩‍👩‍👧… (cut)');
    expect(plain('a<<<<<<<<<<', 14)).toBe('a&lt;… (cut)');
    expect(plain('abcdefghijkl', 12)).toBe('abcdefghijkl');
  });

  test('in a notification loses what Slack would read as markup, and stays readable', () => {
    expect(withoutMarkup('*b* _i_ ~s~ `c` :tada: snake_case 12:16')).toBe(
      '∗b∗ ˍiˍ ∼s∼ ˋcˋ ∶tada: snake_case 12:16',
    );
  });

  test('with more marks on a letter than any language has loses them', () => {
    expect(plain(`z${'\u0301'.repeat(300)}`, 100)).toBe(`z${'\u0301'.repeat(4)}`);
  });

  test('of any size is looked at only as far as it can be shown', () => {
    expect(plain('\u0301'.repeat(1_000_000), 100).length).toBeLessThanOrEqual(100);
  });
});
