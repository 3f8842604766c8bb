import type { Labels } from '../../domain/labels.ts';
import { quoted, type Flaw } from './flaw.ts';

/** How much one series may state. More than that is no series that anybody asks for. */
export interface LabelLimits {
  /** Of labels, the name not counted. */
  readonly labels: number;
  /** UTF-16 units of a name. */
  readonly name: number;
  /** UTF-16 units of a value. */
  readonly value: number;
  /** UTF-16 units of the whole. */
  readonly series: number;
}

/**
 * Far beyond what exporters send, and small enough that a page within its own limits stays bounded. V8 tells texts of
 * more than 16,383 units apart by comparing each with each.
 */
export const labelLimits: LabelLimits = { labels: 64, name: 512, value: 8_192, series: 12_000 };

const backslash = 92;
const quote = 34;
const open = 123;
const close = 125;
const comma = 44;
const equals = 61;

/** Where the series ends that begins at `from`: after its name, or after its closing brace. */
export function seriesEnd(text: string, from: number, to: number): number | Flaw {
  let at = from;
  while (at < to && text.charCodeAt(at) !== open && !isBlank(text.charCodeAt(at))) at += 1;
  let brace = at;
  while (brace < to && isBlank(text.charCodeAt(brace))) brace += 1;
  return text.charCodeAt(brace) === open && brace < to ? closingBrace(text, brace, to) : at;
}

function closingBrace(text: string, from: number, to: number): number | Flaw {
  let inside = false;
  for (let at = from + 1; at < to; at++) {
    const code = text.charCodeAt(at);
    if (inside && code === backslash) at += 1;
    else if (code === quote) inside = !inside;
    else if (code === close && !inside) return at + 1;
  }
  return { at: from, problem: inside ? 'a quote is never closed' : 'the brace is never closed' };
}

/**
 * Reads a series as a page writes it: `name{label="value"}`, or `{"quoted name","quoted label"="value"}`.
 *
 * Labels with an empty value are there, which matters where labels of several origins meet; to the data model they are
 * none. The result inherits nothing, so that a label of any name is only a label.
 */
export function readSeries(text: string, limits: LabelLimits = labelLimits): Labels | Flaw {
  if (text.length > limits.series) return tooLong(0, 'the series', limits.series);
  const nameEnd = bareEnd(text, 0, true);
  const labels = emptyLabels();
  if (nameEnd > 0) {
    if (nameEnd > limits.name) return tooLong(0, 'the name', limits.name);
    labels['__name__'] = text.slice(0, nameEnd);
  }
  const brace = afterBlanks(text, nameEnd);
  if (brace === text.length)
    return nameEnd > 0 ? labels : { at: 0, problem: 'expected the name of a metric' };
  if (text.charCodeAt(brace) !== open)
    return { at: nameEnd, problem: `${quoted(text[nameEnd] ?? '')} cannot stand in the name of a metric` };
  const flaw = new LabelReader(text, labels, limits).read(brace + 1);
  if (flaw !== null) return flaw;
  return labels['__name__'] === undefined ? { at: brace, problem: 'the series has no name' } : labels;
}

/** Reads the labels of an exemplar, which has no name. */
export function readExemplarLabels(text: string): Labels | Flaw {
  const labels = emptyLabels();
  const flaw = new LabelReader(text, labels, labelLimits).read(1);
  if (flaw !== null) return flaw;
  return labels['__name__'] === undefined ? labels : { at: 1, problem: 'an exemplar has no name' };
}

/** Whether reading ended in a flaw. */
export function isFlaw<Read>(read: Read | Flaw): read is Flaw {
  // A map of labels may have a label of any name, but none of its values is a number.
  return (
    read !== null &&
    typeof read === 'object' &&
    'problem' in read &&
    'at' in read &&
    typeof read.at === 'number'
  );
}

/** Reads what stands between braces into a map. */
class LabelReader {
  readonly #text: string;
  readonly #labels: Record<string, string>;
  readonly #limits: LabelLimits;
  readonly #seen = new Set<string>();
  #at = 0;

  constructor(text: string, labels: Record<string, string>, limits: LabelLimits) {
    this.#text = text;
    this.#labels = labels;
    this.#limits = limits;
  }

  read(from: number): Flaw | null {
    this.#at = afterBlanks(this.#text, from);
    while (this.#code() !== close) {
      const flaw = this.#element();
      if (flaw !== null) return flaw;
      this.#at = afterBlanks(this.#text, this.#at);
      if (this.#code() === comma) this.#at = afterBlanks(this.#text, this.#at + 1);
      else if (this.#code() !== close) return this.#flaw('expected a comma or the closing brace');
    }
    return null;
  }

  /** `label="value"`, or the quoted name of the metric, which comes first. */
  #element(): Flaw | null {
    const from = this.#at;
    const isQuoted = this.#code() === quote;
    const name = isQuoted ? this.#quoted(this.#limits.name, 'the name') : this.#bareName();
    if (typeof name !== 'string') return name;
    this.#at = afterBlanks(this.#text, this.#at);
    const lone = this.#code() !== equals;
    if (isQuoted && lone && this.#seen.size === 0 && this.#labels['__name__'] === undefined) {
      this.#labels['__name__'] = name;
      return name === '' ? this.#flaw('a name is empty', from) : null;
    }
    if (lone) return this.#flaw(`expected = after the label ${quoted(name)}`);
    this.#at = afterBlanks(this.#text, this.#at + 1);
    if (this.#code() !== quote) return this.#flaw(`expected a quoted value of the label ${quoted(name)}`);
    const value = this.#quoted(this.#limits.value, `the value of the label ${quoted(name)}`);
    return typeof value === 'string' ? this.#take(name, value, from) : value;
  }

  #take(name: string, value: string, from: number): Flaw | null {
    if (name === '') return this.#flaw('the name of a label is empty', from);
    if (name === '__name__') return this.#flaw('the name of a metric is not written as a label', from);
    if (this.#seen.has(name)) return this.#flaw(`the label ${quoted(name)} is there twice`, from);
    if (this.#seen.size === this.#limits.labels)
      return this.#flaw(`more than ${this.#limits.labels} labels`, from);
    this.#seen.add(name);
    this.#labels[name] = value;
    return null;
  }

  #bareName(): string | Flaw {
    const end = bareEnd(this.#text, this.#at, false);
    if (end === this.#at) return this.#flaw('expected the name of a label');
    if (end - this.#at > this.#limits.name) return tooLong(this.#at, 'the name', this.#limits.name);
    const name = this.#text.slice(this.#at, end);
    this.#at = end;
    return name;
  }

  /** The text between quotes. `\\`, `\"` and `\n` are escapes; any other backslash stands for itself. */
  #quoted(limit: number, what: string): string | Flaw {
    const from = this.#at + 1;
    let end = from;
    let escaped = false;
    while (this.#text.charCodeAt(end) !== quote) {
      if (end >= this.#text.length) return this.#flaw('a quote is never closed');
      if (this.#text.charCodeAt(end) === backslash) {
        escaped = true;
        end += 1;
      }
      end += 1;
    }
    if (end - from > limit) return tooLong(from - 1, what, limit);
    this.#at = end + 1;
    const raw = this.#text.slice(from, end);
    return escaped
      ? raw.replace(/\\([\\"n])/g, (_, escape: string) => (escape === 'n' ? '\n' : escape))
      : raw;
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #flaw(problem: string, at: number = this.#at): Flaw {
    return { at: Math.min(at, this.#text.length), problem };
  }
}

/** The end of the unquoted name that begins at `from`; `from` when there is none. Names of metrics may hold colons. */
function bareEnd(text: string, from: number, colons: boolean): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
    const digit = code >= 48 && code <= 57 && at > from;
    if (!letter && !digit && !(colons && code === 58)) break;
  }
  return at;
}

function afterBlanks(text: string, from: number): number {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** A space or a tab; the text format allows both between all tokens. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

function tooLong(at: number, what: string, limit: number): Flaw {
  return { at, problem: `${what} is longer than ${limit} characters` };
}

/** Without a prototype of its own the engine would keep each of them as a hash table, at three times the size. */
const bare = Object.freeze(Object.create(null) as object);

/** A map of labels without any, in which a label of any name is only a label. */
export function emptyLabels(): Record<string, string> {
  return Object.create(bare) as Record<string, string>;
}
