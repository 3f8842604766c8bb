import {
  applyEdits,
  findNodeAtLocation,
  modify,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from 'jsonc-parser';
import { RollbackError } from '../../domain/errors.ts';
import type { FlagChange, FlagText, FlagValue } from './flag-text.ts';

/** JSON, also with comments. Only the key that changes is rewritten. */
export const jsonText: FlagText = {
  get(text, path) {
    const found = findNodeAtLocation(opened(text), [...path]);
    if (found === undefined) return { is: 'missing' };
    const composed = found.type === 'object' || found.type === 'array';
    return composed ? { is: 'composed' } : { value: found.value as FlagValue };
  },
  apply: (text, changes) => changes.reduce(change, text),
};

function change(text: string, { path, value }: FlagChange): string {
  opened(text);
  const formattingOptions = { insertSpaces: !/^\t/m.test(text), tabSize: indentOf(text) };
  return applyEdits(text, modify(text, [...path], value, { formattingOptions }));
}

/** The first indented line sets the style. */
function indentOf(text: string): number {
  return /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
}

function opened(text: string): Node {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [problem] = errors;
  if (root !== undefined && problem === undefined && root.type === 'object') return root;
  const why =
    problem === undefined ? 'it is no object' : `${printParseErrorCode(problem.error)} at ${problem.offset}`;
  throw new RollbackError('ANSWER_INVALID', `it is not readable as JSON: ${why}`);
}
