import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';

/** Where something stands in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Keys and indices from the top of a file. */
export type Path = readonly (string | number)[];

/** `rules.api-error-rate.levels.critical`, `tokens[0].role`. */
export function pathName(path: Path): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`))
    .join('');
}

/** One configuration file: plain values, and where each of them stands. */
export interface YamlDocument {
  readonly file: string;
  /** Plain data: maps as objects, lists as arrays. */
  readonly value: unknown;
  /** The key at a path, or what stands at it; the nearest thing above when there is nothing. */
  position(path: Path, what: 'key' | 'value'): Position;
  /** The scalar at a path as it is written, whatever YAML makes of it: `0x40` is not 64. null for anything else. */
  source(path: Path): string | null;
}

/** What is wrong with a file before anybody looks at what it means. */
export interface Flaw extends Position {
  readonly path: Path;
  readonly message: string;
}

/** Refused rather than worked around: each would let a file mean something else than it shows. */
const refused = {
  alias: 'aliases are not supported; write the value out',
  tag: 'tags are not supported; write a plain value',
  key: 'a key must be plain text',
  number: 'is not a finite number',
  deep: 'is nested too deeply',
} as const;

const deepest = 40;
const mostFlaws = 100;

/** Reads one YAML 1.2 file (core schema) without aliases, tags and duplicate keys. */
export function parseYaml(file: string, text: string): YamlDocument | { readonly flaws: readonly Flaw[] } {
  const lines = new LineCounter();
  // The library's own check for unique keys compares each with each; the one below does not.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    schema: 'core',
    // Nothing is printed by parseDocument; 'silent' would also hide that there are several documents.
    logLevel: 'error',
  });
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const syntax = syntaxFlaws(document, positionAt);
  if (syntax.length > 0) return { flaws: syntax };

  const flaws: Flaw[] = [];
  const told = new Set<string>();
  const value = plain(document.contents, [], (node, path, message) => {
    const position = positionAt(node?.range?.[0] ?? 0);
    // Once a line is enough: an alias bomb has thousands of them.
    if (told.has(`${position.line} ${message}`) || flaws.length === mostFlaws) return;
    told.add(`${position.line} ${message}`);
    flaws.push({ ...position, path, message });
  });
  if (flaws.length > 0) return { flaws };
  return {
    file,
    value,
    position: (path, what) => positionAt(offsetOf(document.contents, path, what)),
    source: (path) => sourceOf(document.contents, path),
  };
}

/** What follows on the same line, or outside of everything, is a consequence of what came before. */
function syntaxFlaws(document: Document.Parsed, positionAt: (offset: number) => Position): Flaw[] {
  const seen = new Map<number, Flaw>();
  for (const { code, message, pos } of document.errors) {
    const position = positionAt(pos[0]);
    const follows = seen.size > 0 && /token in YAML (stream|document)/.test(message);
    if (follows || seen.has(position.line) || seen.size === mostFlaws) continue;
    seen.set(position.line, { ...position, path: [], message: wordingOf(code, message) });
  }
  return [...seen.values()];
}

function wordingOf(code: string, message: string): string {
  if (code === 'RESOURCE_EXHAUSTION') return refused.deep;
  if (code === 'MULTIPLE_DOCS') return 'a second document (---) is not supported; one file, one document';
  const quote = message.startsWith('Unexpected flow-map-start')
    ? '; text with ${…} inside { } needs quotes'
    : '';
  return `is not YAML: ${message.slice(0, 1).toLowerCase()}${message.slice(1, 160)}${quote}`;
}

type Report = (node: Node | null, path: Path, message: string) => void;

function plain(node: Node | null, path: Path, report: Report): unknown {
  if (node === null) return null;
  if (isAlias(node)) return report(node, path, refused.alias);
  if (node.tag !== undefined && isExplicit(node)) return report(node, path, refused.tag);
  if (path.length > deepest) return report(node, [], refused.deep);
  if (isScalar(node)) {
    if (typeof node.value === 'number' && !Number.isFinite(node.value))
      report(node, path, `${node.source ?? 'this'} ${refused.number}`);
    return node.value;
  }
  if (isSeq(node)) return node.items.map((item, index) => plain(item as Node, [...path, index], report));
  return isMap(node) ? plainMap(node, path, report) : null;
}

/** The library fills in `tag` on its own for collections and strings; only a written one is foreign. */
function isExplicit(node: Node): boolean {
  return (
    (node.tag ?? '').startsWith('!') ||
    !/^tag:yaml\.org,2002:(map|seq|str|int|float|bool|null)$/.test(node.tag ?? '')
  );
}

function plainMap(node: YAMLMap, path: Path, report: Report): Record<string, unknown> {
  const members = new Map<string, unknown>();
  for (const { key, value } of node.items) {
    const written = keyText(key);
    if (written === null || written === '' || written === '__proto__') {
      report(key as Node, path, isAlias(key) ? refused.alias : refused.key);
      continue;
    }
    if (members.has(written)) report(key as Node, [...path, written], 'is written twice in the same map');
    members.set(written, plain(value as Node | null, [...path, written], report));
  }
  return Object.fromEntries(members);
}

/** The text of a key as it is written; null for keys that are empty, maps or lists. */
function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null) return null;
  return key.source ?? (typeof key.value === 'string' ? key.value : null);
}

function offsetOf(root: Node | null, path: Path, what: 'key' | 'value'): number {
  let value = root;
  let key: Node | null = null;
  for (const step of path) {
    const next = childOf(value, step);
    // Nothing there: a missing key is shown at the key of the map that lacks it.
    if (next === null) return (key ?? value)?.range?.[0] ?? 0;
    ({ key, value } = next);
  }
  // The value of a block map starts on the next line, at a key of its own; its own key says more.
  const shown = key !== null && (what === 'key' || value === null || isBlock(value)) ? key : value;
  return shown?.range?.[0] ?? 0;
}

function sourceOf(root: Node | null, path: Path): string | null {
  const node = path.reduce<Node | null>((at, step) => childOf(at, step)?.value ?? null, root);
  return isScalar(node) ? (node.source ?? null) : null;
}

function childOf(node: Node | null, step: string | number): { key: Node | null; value: Node | null } | null {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    return item === undefined ? null : { key: null, value: item as Node };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => keyText(key) === String(step));
  return pair === undefined ? null : { key: pair.key as Node, value: pair.value as Node | null };
}

function isBlock(node: Node): boolean {
  return isCollection(node) && node.flow !== true;
}
