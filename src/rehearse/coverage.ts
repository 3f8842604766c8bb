import type { Rule, Severity } from '../domain/rule.ts';
import type { Film } from './film.ts';

/** What tests showed of one level. */
export interface LevelCoverage {
  /** `pack/name`. */
  readonly rule: string;
  readonly severity: Severity;
  /** It fired in at least one test. */
  readonly fired: boolean;
  /** Its rule was read ok in at least one test: it is known to stay quiet, too. */
  readonly quiet: boolean;
}

export interface Coverage {
  readonly levels: readonly LevelCoverage[];
  readonly fired: number;
  readonly total: number;
}

/** Gathers what the tests of some packs showed of their rules. */
export class CoverageTally {
  readonly #rules = new Map<string, Rule>();
  readonly #fired = new Set<string>();
  readonly #quiet = new Set<string>();

  /** Rules that tests are about, tested or not. */
  know(rules: readonly Rule[]): void {
    for (const rule of rules) this.#rules.set(rule.id, rule);
  }

  /** Whether any rule of a pack is known. */
  knows(pack: string): boolean {
    return [...this.#rules.values()].some((rule) => rule.pack === pack);
  }

  add(film: Film): void {
    for (const frames of film.allRules())
      for (const { view } of frames) {
        if (view.verdict === 'ok') this.#quiet.add(view.rule);
        for (const { severity, phase } of view.levels)
          if (phase === 'firing' || phase === 'recovering') this.#fired.add(`${view.rule} ${severity}`);
      }
  }

  coverage(): Coverage {
    const levels = [...this.#rules.values()]
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .flatMap((rule) =>
        rule.levels.map(({ severity }) => ({
          rule: rule.id,
          severity,
          fired: this.#fired.has(`${rule.id} ${severity}`),
          quiet: this.#quiet.has(rule.id),
        })),
      );
    return { levels, fired: levels.filter(({ fired }) => fired).length, total: levels.length };
  }
}
