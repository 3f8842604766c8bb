import { isMap, isScalar, parseDocument, Scalar, type Document } from 'yaml';
import { RollbackError } from '../../domain/errors.ts';
import type { FlagChange, FlagText, FlagValue } from './flag-text.ts';

/** YAML of one document. A scalar that is there is changed in its place; what is added or taken out reflows nothing else. */
export const yamlText: FlagText = {
  get(text, path) {
    const found: unknown = opened(text).getIn(path, true);
    if (found === undefined) return { is: 'missing' };
    return isScalar(found) ? { value: found.value as FlagValue } : { is: 'composed' };
  },
  apply: (text, changes) => changes.reduce(change, text),
};

function change(text: string, { path, value }: FlagChange): string {
  const document = opened(text);
  const found: unknown = document.getIn(path, true);
  if (value === undefined) {
    if (found === undefined) return text;
    takeOut(document, path);
    return written(document);
  }
  if (isScalar(found) && found.range && found.anchor === undefined && found.tag === undefined) {
    if (found.value === value) return text;
    const [start, end] = found.range;
    // A block scalar spans lines that a plain one does not.
    if (!/[\r\n]/.test(text.slice(start, end)) && end > start)
      return text.slice(0, start) + scalarText(value) + text.slice(end);
  }
  document.setIn(path, value);
  return written(document);
}

/** What was said above the key stays, above whatever follows. */
function takeOut(document: Document, path: readonly string[]): void {
  const map: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const items = isMap(map) ? map.items : [];
  const index = items.findIndex(({ key }) => isScalar(key) && String(key.value) === path.at(-1));
  const [own, next] = [items[index]?.key, items[index + 1]?.key];
  const said = isScalar(own) ? own.commentBefore : undefined;
  const above = isMap(map) && index === 0 ? map.commentBefore : undefined;
  document.deleteIn(path);
  const kept = [above, said, isScalar(next) ? next.commentBefore : undefined].filter(Boolean).join('\n');
  if (kept === '') return;
  if (isScalar(next)) next.commentBefore = kept;
  else if (isMap(map)) map.comment = kept;
}

function scalarText(value: FlagValue): string {
  const document = parseDocument('x: 0');
  const scalar = new Scalar(value);
  document.set('x', scalar);
  return document.toString({ lineWidth: 0 }).slice('x: '.length).trimEnd();
}

function written(document: Document): string {
  return document.toString({ lineWidth: 0 });
}

function opened(text: string): Document {
  const document = parseDocument(text, { keepSourceTokens: true });
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new RollbackError(
      'ANSWER_INVALID',
      `it is not readable as YAML: ${problem.message.split('\n')[0]}`,
    );
  return document;
}
