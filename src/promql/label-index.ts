import type { Labels } from '../domain/labels.ts';
import type { Matcher } from './ast.ts';

/** What can be indexed: it has labels. */
interface Labelled {
  readonly labels: Labels;
}

/** Finds series by label name and value. */
export class LabelIndex<S extends Labelled> {
  readonly #all = new Set<S>();
  readonly #byLabel = new Map<string, Map<string, Set<S>>>();

  add(series: S): void {
    this.#all.add(series);
    for (const [name, value] of Object.entries(series.labels)) {
      const byValue = this.#byLabel.get(name) ?? new Map<string, Set<S>>();
      if (byValue.size === 0) this.#byLabel.set(name, byValue);
      const holders = byValue.get(value) ?? new Set<S>();
      if (holders.size === 0) byValue.set(value, holders);
      holders.add(series);
    }
  }

  remove(series: S): void {
    this.#all.delete(series);
    for (const [name, value] of Object.entries(series.labels)) {
      const byValue = this.#byLabel.get(name);
      const holders = byValue?.get(value);
      holders?.delete(series);
      if (holders?.size === 0) byValue?.delete(value);
      if (byValue?.size === 0) this.#byLabel.delete(name);
    }
  }

  /** Values of a label that any series has. */
  values(name: string): readonly string[] {
    return [...(this.#byLabel.get(name)?.keys() ?? [])];
  }

  select(matchers: readonly Matcher[]): readonly S[] {
    const lead = this.#lead(matchers);
    const rest = matchers.filter((matcher) => matcher !== lead.matcher);
    if (rest.length === 0) return [...lead.candidates];
    const found: S[] = [];
    for (const series of lead.candidates) {
      if (rest.every(({ label, matches }) => matches(series.labels[label] ?? ''))) found.push(series);
    }
    return found;
  }

  /** The matcher that leaves the fewest candidates by looking it up, and the candidates. */
  #lead(matchers: readonly Matcher[]): { candidates: Iterable<S>; matcher: Matcher | null } {
    let lead: { candidates: ReadonlySet<S>; matcher: Matcher | null } = {
      candidates: this.#all,
      matcher: null,
    };
    for (const matcher of matchers) {
      if (matcher.operator !== '=' || matcher.value === '') continue;
      const candidates = this.#byLabel.get(matcher.label)?.get(matcher.value) ?? new Set<S>();
      if (candidates.size <= lead.candidates.size) lead = { candidates, matcher };
    }
    return lead.matcher === null ? (this.#union(matchers) ?? lead) : lead;
  }

  /** Without an equality: candidates by the values that satisfy a matcher which an absent label does not satisfy. */
  #union(matchers: readonly Matcher[]): { candidates: Iterable<S>; matcher: Matcher } | null {
    const matcher = matchers.find(({ matches }) => !matches(''));
    if (matcher === undefined) return null;
    const candidates: S[] = [];
    for (const [value, holders] of this.#byLabel.get(matcher.label) ?? []) {
      if (matcher.matches(value)) candidates.push(...holders);
    }
    return { candidates, matcher };
  }
}
