import type { Labels } from '../domain/labels.ts';
import { shortened, type NotationFlaw } from './series-notation.ts';

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/**
 * Reads the name of a series, `http_requests_total{job="api", code="500"}`, into its labels; the metric's name is
 * `__name__`. The newer form with a quoted name, `{"http.requests", job="api"}`, is read, too.
 */
export function readSeriesName(text: string): Labels | NotationFlaw {
  return new NameReader(text).read();
}

class NameReader {
  readonly #text: string;
  #place = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Labels | NotationFlaw {
    const labels = new Map<string, string>();
    const name = this.#take(/[A-Za-z_:][A-Za-z0-9_:]*/y);
    if (name !== null) labels.set('__name__', name);
    if (this.#take(/\{/y) !== null) {
      const flaw = this.#readLabels(labels);
      if (flaw !== null) return flaw;
    }
    this.#take(/\s*/y);
    if (this.#place < this.#text.length) return this.#flaw('expected a series such as up{job="api"}');
    if (labels.size === 0) return { offset: 0, problem: 'the series has neither a name nor labels' };
    return Object.fromEntries([...labels].filter(([, value]) => value !== ''));
  }

  #readLabels(labels: Map<string, string>): NotationFlaw | null {
    for (;;) {
      if (this.#take(/\}/y) !== null) return null;
      const at = this.#place;
      const quoted = this.#string();
      const label = quoted ?? this.#take(/[A-Za-z_][A-Za-z0-9_]*/y);
      if (label === null) return this.#flaw('expected the name of a label, or }');
      const operator = this.#take(/=~|!~|!=|=/y);
      if (operator === null && quoted === null) return this.#flaw('expected = after the name of a label');
      if (operator !== null && operator !== '=')
        return {
          offset: at,
          problem: `a series has labels, not matchers: ${label}${operator}… says not which value`,
        };
      const name = operator === null ? '__name__' : label;
      const value = operator === null ? label : this.#string();
      if (value === null) return this.#flaw('expected a value in quotes');
      if (labels.has(name)) return { offset: at, problem: `the label ${name} is written twice` };
      labels.set(name, value);
      if (this.#take(/,/y) === null && !/\s*\}/y.test(this.#text.slice(this.#place)))
        return this.#flaw('expected , or } after a label');
    }
  }

  /** A string in any of PromQL's three quotes; null when none begins here. */
  #string(): string | null {
    const raw = this.#take(/`[^`]*`/y);
    if (raw !== null) return raw.slice(1, -1);
    const quoted = this.#take(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y);
    return quoted === null ? null : unescaped(quoted.slice(1, -1));
  }

  #take(pattern: RegExp): string | null {
    const blanks = /\s*/y;
    blanks.lastIndex = this.#place;
    blanks.test(this.#text);
    const from = blanks.lastIndex;
    pattern.lastIndex = from;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#place = pattern.lastIndex;
    return match[0];
  }

  #flaw(expected: string): NotationFlaw {
    const rest = this.#text.slice(this.#place).trimStart();
    const got = rest === '' ? 'the end' : shortened(rest.trimEnd());
    return { offset: this.#text.length - rest.length, problem: `${expected}, got ${got}` };
  }
}

function unescaped(text: string): string {
  return text.replaceAll(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([0-7]{3})|(.))/g,
    (
      whole,
      hex: string | undefined,
      unicode: string | undefined,
      octal: string | undefined,
      letter: string,
    ) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return escapes[letter] ?? whole;
    },
  );
}

/** `http_requests_total{code="500",job="api"}`, labels in order. */
export function wordSeries(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.keys(rest)
    .sort()
    .map((label) => `${label}=${JSON.stringify(rest[label])}`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(',')}}`;
}
