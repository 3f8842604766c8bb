import type { Labels } from '../../domain/labels.ts';

const nameLabel = '__name__';

/**
 * A label set with what evaluation asks of it again and again: its key, itself without the name.
 *
 * Labels that come from a store are the same objects from query to query, so what is known of them is kept.
 */
export class LabelSet {
  readonly labels: Labels;
  /** Names, sorted. */
  readonly names: readonly string[];
  #key: string | null = null;
  #nameless: LabelSet | null = null;

  constructor(labels: Labels) {
    this.labels = labels;
    this.names = sortedNames(labels);
  }

  /** The value of a label; empty if it is not there. */
  get(name: string): string {
    return this.labels[name] ?? '';
  }

  /** Two sets are equal when their keys are. */
  get key(): string {
    this.#key ??= this.keyWithout([]);
    return this.#key;
  }

  get nameless(): LabelSet {
    if (this.labels[nameLabel] === undefined) return this;
    this.#nameless ??= this.without([nameLabel]);
    return this.#nameless;
  }

  /** A key of the values of these labels, an absent label being an empty one. */
  keyOf(names: readonly string[]): string {
    const [only] = names;
    if (only === undefined) return '';
    if (names.length === 1) return this.get(only);
    let key = '';
    for (const name of names) key += `${clean(this.get(name))}\0`;
    return key;
  }

  /** A key of all labels but these. */
  keyWithout(excluded: readonly string[]): string {
    let key = '';
    for (const name of this.names) {
      if (!excluded.includes(name)) key += `${name}\0${clean(this.get(name))}\0`;
    }
    return key;
  }

  only(names: readonly string[]): LabelSet {
    const kept: Record<string, string> = {};
    for (const name of names) {
      const value = this.labels[name];
      if (value !== undefined) put(kept, name, value);
    }
    return new LabelSet(kept);
  }

  without(excluded: readonly string[]): LabelSet {
    const kept: Record<string, string> = {};
    for (const name of this.names) {
      if (!excluded.includes(name)) put(kept, name, this.get(name));
    }
    return new LabelSet(kept);
  }

  /** The set with other values of some labels; an empty value takes the label away. */
  with(changed: Labels): LabelSet {
    const kept: Record<string, string> = { ...this.labels };
    for (const [name, value] of Object.entries(changed)) {
      if (value === '') delete kept[name];
      else put(kept, name, value);
    }
    return new LabelSet(kept);
  }
}

const known = new WeakMap<Labels, LabelSet>();

/** The set of these labels, the same one each time the same object is given. */
export function labelSetOf(labels: Labels): LabelSet {
  const before = known.get(labels);
  if (before !== undefined) return before;
  const set = new LabelSet(labels);
  known.set(labels, set);
  return set;
}

/** The set without labels. */
export const noLabels = new LabelSet({});

function sortedNames(labels: Labels): string[] {
  const names = Object.keys(labels);
  for (let index = 1; index < names.length; index++) {
    if ((names[index - 1] ?? '') > (names[index] ?? '')) return names.sort();
  }
  return names;
}

/** A value that can stand between NULs without being taken for more than one. */
function clean(value: string): string {
  return value.includes('\0') || value.startsWith('"') ? JSON.stringify(value) : value;
}

function put(labels: Record<string, string>, name: string, value: string): void {
  if (name === '__proto__') {
    Object.defineProperty(labels, name, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  labels[name] = value;
}
