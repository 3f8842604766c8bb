import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Node,
  type YAMLMap,
} from 'yaml';
import { mapScalar, type ScalarMap } from './scalar-map.ts';

/** A stretch of a file: offsets in UTF-16 units, `to` exclusive. */
export interface Stretch {
  readonly file: SourceFile;
  readonly from: number;
  readonly to: number;
}

/** Keys and indices from the top of a file. */
export type Path = readonly (string | number)[];

/** A piece of text in a file that knows where each of its units stands. */
export interface PlacedText {
  readonly text: string;
  /** Where a span of the text stands; the start of the whole where that cannot be told exactly. */
  stretch(from: number, to: number): Stretch;
}

/** A YAML file as a linter needs it: what is written, and exactly where. */
export class SourceFile {
  readonly name: string;
  readonly text: string;
  readonly root: Node | null;
  readonly #lines = new LineCounter();

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.root = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      uniqueKeys: false,
      schema: 'core',
      logLevel: 'error',
    }).contents;
  }

  /** The key at a path; the nearest thing above where there is none. */
  key(path: Path): Stretch {
    const [from, to] = (this.#find(path).key ?? this.root)?.range ?? [0, 1];
    return { file: this, from, to };
  }

  /** What stands at a path; its key where that is a block, or nothing. */
  value(path: Path): Stretch {
    const { key, value } = this.#find(path);
    if (value === null || (key !== null && isCollection(value) && value.flow !== true)) return this.key(path);
    const [from, to] = value.range ?? [0, 1];
    return { file: this, from, to };
  }

  /** The text at a path, if text stands there. */
  scalar(path: Path): PlacedText | null {
    const { value } = this.#find(path);
    if (!isScalar(value) || typeof value.value !== 'string') return null;
    return placed(this, value.value, mapScalar(this.text, value), value.range ?? [0, 1, 1]);
  }

  /** Plain data at a path; undefined where nothing stands. */
  data(path: Path): unknown {
    const { value, missing } = this.#find(path);
    return missing ? undefined : (value?.toJSON() as unknown);
  }

  /** The keys of the map at a path, as they are written. */
  keys(path: Path): readonly string[] {
    const { value } = this.#find(path);
    return isMap(value) ? value.items.flatMap(({ key }) => keyText(key) ?? []) : [];
  }

  /** How many items the list at a path has. */
  items(path: Path): number {
    const { value } = this.#find(path);
    return isSeq(value) ? value.items.length : 0;
  }

  position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** A line as it is written, without its end; lines count from 1. */
  line(number: number): string {
    const from = this.#lines.lineStarts[number - 1];
    if (from === undefined) return '';
    const end = this.text.indexOf('\n', from);
    return this.text.slice(from, end === -1 ? undefined : end).replace(/\r$/, '');
  }

  /** How many lines there are. */
  get lines(): number {
    return this.#lines.lineStarts.length;
  }

  offsetOf(line: number, column: number): number {
    return (this.#lines.lineStarts[line - 1] ?? 0) + column - 1;
  }

  #find(path: Path): Child & { readonly missing: boolean } {
    let key: Node | null = null;
    let value = this.root;
    for (const step of path) {
      const next = childOf(value, step);
      if (next === null) return { key: key ?? value, value: null, missing: true };
      ({ key, value } = next);
    }
    return { key, value, missing: false };
  }
}

/** The text of a key as it is written; null for keys that are no text. */
export function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null) return null;
  return key.source ?? (typeof key.value === 'string' ? key.value : null);
}

interface Child {
  readonly key: Node | null;
  readonly value: Node | null;
}

function childOf(node: Node | null, step: string | number): Child | null {
  if (isSeq(node)) {
    const item = typeof step === 'number' ? node.items[step] : undefined;
    return item === undefined ? null : { key: item as Node, value: item as Node };
  }
  return isMap(node) ? (membersOf(node).get(String(step)) ?? null) : null;
}

const indexed = new WeakMap<YAMLMap, ReadonlyMap<string, Child>>();

/** The members of a map by their keys, so that finding one of many costs nothing. */
function membersOf(map: YAMLMap): ReadonlyMap<string, Child> {
  const known = indexed.get(map);
  if (known !== undefined) return known;
  const members = new Map(
    map.items.flatMap(({ key, value }): [string, Child][] => {
      const written = keyText(key);
      return written === null ? [] : [[written, { key: key as Node, value: value as Node | null }]];
    }),
  );
  indexed.set(map, members);
  return members;
}

function placed(file: SourceFile, text: string, map: ScalarMap, [start, end]: readonly number[]): PlacedText {
  return {
    text,
    stretch(from, to) {
      const whole = { file, from: start ?? 0, to: end ?? 1 };
      if (map === null) return whole;
      const first = map[from];
      const last = map[Math.max(from, to - 1)];
      if (first === undefined || last === undefined) return whole;
      return { file, from: first.from, to: last.to };
    },
  };
}
