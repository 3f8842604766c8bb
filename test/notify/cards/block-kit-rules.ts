/** Slack's rules for blocks, from its reference, written down a second time: whatever breaks one is refused whole. */

type Thing = Readonly<Record<string, unknown>>;

/** Everything that Slack would refuse, each with where it stands; empty when it takes the message. */
export function brokenRules(message: {
  readonly text: string;
  readonly blocks: readonly unknown[];
}): string[] {
  const { text, blocks } = message;
  return [
    ...(text.length === 0 || text.length > 4_000 ? [`text: ${text.length} characters`] : []),
    ...(blocks.length === 0 || blocks.length > 50 ? [`blocks: ${blocks.length}`] : []),
    // Undocumented: somewhat above 13,000, Slack answers msg_blocks_too_long.
    ...(Buffer.byteLength(JSON.stringify(blocks)) > 13_000 ? ['blocks: too long in all'] : []),
    ...blocks.flatMap((block, index) =>
      inBlock(block as Thing).map((problem) => `blocks[${index}]: ${problem}`),
    ),
  ];
}

function inBlock(block: Thing): string[] {
  switch (block['type']) {
    case 'header':
      return [...members(block, ['type', 'text']), ...plainText(block['text'], 150)];
    case 'actions':
      return [
        ...members(block, ['type', 'elements']),
        ...counted(block['elements'], 1, 25).flatMap(inButton),
      ];
    case 'rich_text':
      return [
        ...members(block, ['type', 'elements']),
        ...counted(block['elements'], 1, 100).flatMap(inRichElement),
        ...(lengthOf(block) > 3_000 ? [`${lengthOf(block)} characters`] : []),
      ];
    default:
      return [`unknown type ${String(block['type'])}`];
  }
}

function inButton(button: Thing): string[] {
  const { action_id: id, value, style, confirm } = button;
  return [
    ...members(button, ['type', 'action_id', 'text', 'value', 'style', 'confirm']),
    ...(button['type'] === 'button' ? [] : ['no button']),
    ...plainText(button['text'], 75),
    ...ranged('action_id', id, 1, 255),
    ...ranged('value', value, 1, 2_000),
    ...(style === undefined || style === 'primary' || style === 'danger' ? [] : ['style']),
    ...(confirm === undefined ? [] : inConfirmation(confirm as Thing)),
  ];
}

function inConfirmation(confirm: Thing): string[] {
  return [
    ...members(confirm, ['title', 'text', 'confirm', 'deny', 'style']),
    ...plainText(confirm['title'], 100),
    ...plainText(confirm['text'], 300),
    ...plainText(confirm['confirm'], 30),
    ...plainText(confirm['deny'], 30),
  ];
}

function inRichElement(element: Thing): string[] {
  switch (element['type']) {
    case 'rich_text_section':
      return [
        ...members(element, ['type', 'elements']),
        ...counted(element['elements'], 1, 200).flatMap(inPiece),
      ];
    case 'rich_text_preformatted':
      return [
        ...members(element, ['type', 'elements']),
        ...counted(element['elements'], 1, 200).flatMap((piece) =>
          piece['type'] === 'text' && piece['style'] === undefined
            ? inPiece(piece)
            : ['styled in preformatted'],
        ),
      ];
    case 'rich_text_list':
      return [
        ...members(element, ['type', 'style', 'elements']),
        ...(['ordered', 'bullet'].includes(String(element['style'])) ? [] : ['style of a list']),
        ...counted(element['elements'], 1, 100).flatMap((item) =>
          item['type'] === 'rich_text_section' ? inRichElement(item) : ['no section in a list'],
        ),
      ];
    default:
      return [`unknown rich text ${String(element['type'])}`];
  }
}

function inPiece(piece: Thing): string[] {
  const { type, text, style, timestamp, format, fallback, user_id: user, url } = piece;
  switch (type) {
    case 'text':
      return [
        ...members(piece, ['type', 'text', 'style']),
        ...ranged('text', text, 1, 3_000),
        ...Object.entries((style ?? {}) as Thing).flatMap(([name, value]) =>
          ['bold', 'code'].includes(name) && value === true ? [] : ['style of a text'],
        ),
      ];
    case 'date':
      return [
        ...members(piece, ['type', 'timestamp', 'format', 'fallback']),
        ...(Number.isSafeInteger(timestamp) ? [] : ['timestamp']),
        ...ranged('format', format, 1, 100),
        ...ranged('fallback', fallback, 1, 100),
      ];
    case 'user':
      return [
        ...members(piece, ['type', 'user_id']),
        ...(/^[UW][A-Z0-9]+$/.test(String(user)) ? [] : ['user_id']),
      ];
    case 'link':
      return [...members(piece, ['type', 'url', 'text']), ...ranged('url', url, 1, 3_000)];
    default:
      return [`unknown piece ${String(type)}`];
  }
}

function plainText(text: unknown, most: number): string[] {
  const { type, text: said, emoji } = (text ?? {}) as Thing;
  return [
    ...members((text ?? {}) as Thing, ['type', 'text', 'emoji']),
    ...(type === 'plain_text' && emoji === false ? [] : ['no plain text without emoji']),
    ...ranged('plain text', said, 1, most),
  ];
}

function members(thing: Thing, allowed: readonly string[]): string[] {
  return Object.keys(thing)
    .filter((name) => !allowed.includes(name))
    .map((name) => `unknown member ${name}`);
}

function ranged(name: string, value: unknown, least: number, most: number): string[] {
  if (typeof value !== 'string') return [`${name}: no text`];
  return value.length < least || value.length > most ? [`${name}: ${value.length} characters`] : [];
}

function counted(list: unknown, least: number, most: number): Thing[] {
  const things = Array.isArray(list) ? (list as Thing[]) : [];
  return things.length < least || things.length > most ? [{ type: `a list of ${things.length}` }] : things;
}

/** Characters of all texts in it. */
function lengthOf(thing: unknown): number {
  return textsIn(thing).reduce((sum, text) => sum + text.length, 0);
}

/** Every text that is shown. */
export function textsIn(thing: unknown): string[] {
  if (Array.isArray(thing)) return thing.flatMap(textsIn);
  if (thing === null || typeof thing !== 'object') return [];
  return Object.entries(thing).flatMap(([name, value]) =>
    name === 'text' && typeof value === 'string' ? [value] : textsIn(value),
  );
}
