/** One key as it was pressed: a character, or the name of one that has none. */
export type Key =
  | { readonly name: 'character'; readonly character: string }
  | {
      readonly name: 'up' | 'down' | 'page_up' | 'page_down' | 'enter' | 'escape' | 'backspace' | 'interrupt';
    };

const named: Readonly<Record<string, Exclude<Key['name'], 'character'>>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
  '\u0003': 'interrupt',
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[5~': 'page_up',
  '\u001b[6~': 'page_down',
};

/**
 * The keys in what a terminal sent at once. What was pasted is no key: a text with an `a` in it approves nothing.
 * Sequences that mean nothing here are left out.
 */
export function keysIn(sent: string): readonly Key[] {
  // eslint-disable-next-line no-control-regex -- what terminals send
  const typed = sent.replace(/\u001b\[200~[\s\S]*?(?:\u001b\[201~|$)/g, '');
  // eslint-disable-next-line no-control-regex -- what terminals send
  const parts = typed.match(/\u001b(?:\[[\d;?]*[ -/]*[@-~]|O[A-Z])|[\s\S]/gu) ?? [];
  return parts.flatMap((part): readonly Key[] => {
    const name = Object.hasOwn(named, part) ? named[part] : undefined;
    if (name !== undefined) return [{ name }];
    return /^\P{C}$/u.test(part) ? [{ name: 'character', character: part }] : [];
  });
}
