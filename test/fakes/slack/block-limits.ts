type Block = Record<string, unknown>;

/** Why Slack would refuse blocks; null when it takes them. The limits of its reference on Block Kit. */
export function blockProblem(blocks: readonly Block[]): string | null {
  if (blocks.length > 50) return `${blocks.length} blocks, 50 at most`;
  for (const [index, block] of blocks.entries()) {
    const problem = problemOf(block);
    if (problem !== null) return `/blocks/${index}: ${problem}`;
  }
  return null;
}

function problemOf(block: Block): string | null {
  switch (block['type']) {
    case 'header':
      return textProblem(block['text'], 150, ['plain_text']);
    case 'section':
      return sectionProblem(block);
    case 'context':
      return listProblem(block['elements'], 10, (element) => textProblem(element, 3000));
    case 'actions':
      return listProblem(block['elements'], 25, buttonProblem);
    case 'divider':
      return null;
    case 'input':
    case 'rich_text':
    case 'image':
      return null;
    default:
      return `unknown type ${String(block['type'])}`;
  }
}

function sectionProblem(block: Block): string | null {
  const { text, fields, accessory } = block;
  if (text === undefined && fields === undefined) return 'neither text nor fields';
  const ofText = text === undefined ? null : textProblem(text, 3000);
  const ofFields = fields === undefined ? null : listProblem(fields, 10, (field) => textProblem(field, 2000));
  const ofAccessory = accessory === undefined ? null : buttonProblem(accessory as Block);
  return ofText ?? ofFields ?? ofAccessory;
}

function buttonProblem(element: Block): string | null {
  if (element['type'] !== 'button') return null;
  if (lengthOf(element['value']) > 2000) return 'value longer than 2000';
  if (lengthOf(element['action_id']) > 255) return 'action_id longer than 255';
  if (lengthOf(element['url']) > 3000) return 'url longer than 3000';
  if (!['undefined', 'primary', 'danger'].includes(String(element['style']))) return 'unknown style';
  const confirm = element['confirm'] as Block | undefined;
  return (
    textProblem(element['text'], 75, ['plain_text']) ??
    (confirm === undefined ? null : confirmProblem(confirm))
  );
}

function confirmProblem(confirm: Block): string | null {
  return (
    textProblem(confirm['title'], 100, ['plain_text']) ??
    textProblem(confirm['text'], 300) ??
    textProblem(confirm['confirm'], 30, ['plain_text']) ??
    textProblem(confirm['deny'], 30, ['plain_text'])
  );
}

function listProblem(list: unknown, most: number, problem: (element: Block) => string | null): string | null {
  if (!Array.isArray(list) || list.length === 0) return 'an empty list';
  if (list.length > most) return `${list.length} elements, ${most} at most`;
  return (list as Block[]).map(problem).find((found) => found !== null) ?? null;
}

function textProblem(
  text: unknown,
  most: number,
  types: readonly string[] = ['plain_text', 'mrkdwn'],
): string | null {
  if (typeof text !== 'object' || text === null) return 'no text object';
  const { type, text: said } = text as { readonly type?: unknown; readonly text?: unknown };
  if (typeof type !== 'string' || !types.includes(type)) return `text of type ${String(type)}`;
  if (typeof said !== 'string' || said.length === 0) return 'an empty text';
  return said.length > most ? `a text of ${said.length} characters, ${most} at most` : null;
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}
