import { RollbackError } from '../../domain/errors.ts';
import type { FlagChange, FlagText } from './flag-text.ts';

/**
 * `NAME=value` lines, with `export`, quotes and comments as dotenv files have them. Where a name stands more than once
 * the last line counts, and every one is changed.
 */
export const dotenvText: FlagText = {
  get(text, path) {
    const name = nameIn(path);
    const lines = text.split('\n').flatMap((line) => assignment(line) ?? []);
    const last = lines.findLast((line) => line.name === name);
    return last === undefined ? { is: 'missing' } : { value: last.value };
  },
  apply: (text, changes) => changes.reduce(change, text),
};

interface Assignment {
  /** Everything up to the value, e.g. `export NAME=`. */
  readonly head: string;
  readonly name: string;
  readonly value: string;
  /** A comment behind it, with the blanks before it. */
  readonly tail: string;
}

const pattern =
  /^(\s*(?:export\s+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*)(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^#\r]*?(?:(?<=\S)#[^\r]*?)?))([ \t]+#[^\r]*|[ \t]*)(\r?)$/;

function assignment(line: string): Assignment | null {
  const match = pattern.exec(line);
  if (match === null) return null;
  const [, head = '', name = '', doubled, single, plain = '', comment = '', end = ''] = match;
  const value = doubled === undefined ? (single ?? plain) : unescaped(doubled);
  return { head, name, value, tail: comment + end };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

function change(text: string, { path, value }: FlagChange): string {
  const name = nameIn(path);
  const lines = text.split('\n');
  const isOurs = (line: string): boolean => assignment(line)?.name === name;
  if (value === undefined) return lines.filter((line) => !isOurs(line)).join('\n');
  const written = valueText(value);
  if (lines.some(isOurs))
    return lines
      .map((line) => {
        const found = assignment(line);
        return found?.name === name ? `${found.head}${written}${found.tail}` : line;
      })
      .join('\n');
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${end}${name}=${written}\n`;
}

function nameIn(path: readonly string[]): string {
  const [name = '', ...deeper] = path;
  if (deeper.length === 0 && /^[A-Za-z_][\w.-]*$/.test(name)) return name;
  throw new RollbackError('ANSWER_INVALID', `${path.join('.')} is not the name of a variable`);
}

/** Quoted only where it has to be: not every reader of such files understands quotes. */
function valueText(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  if (/[\r\n\0]/.test(text))
    throw new RollbackError(
      'ANSWER_INVALID',
      'a value of more than one line cannot be written into a dotenv file',
    );
  if (/^[\w.,:/@%+=-]*$/.test(text)) return text;
  return text.includes("'") ? `"${text.replace(/[\\"$`]/g, String.raw`\$&`)}"` : `'${text}'`;
}
