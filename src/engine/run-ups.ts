import type { LevelChange } from '../domain/breach.ts';
import type { Evaluation } from '../domain/ports/detection.ts';
import type { ReadingRow } from '../domain/ports/store.ts';
import type { Severity } from '../domain/rule.ts';
import { thinned } from './thinning.ts';

/** Pairs that are pending at once; beyond them the one that has been for longest is let go of. */
const mostPairs = 400;
/** Readings a pair: a long run is kept coarsely, with its extremes. */
const mostReadings = 120;

interface RunUp {
  rows: ReadingRow[];
  readonly pending: Set<Severity>;
}

/**
 * What was read while a level was pending. Only where it comes to fire is it evidence, so it is held in memory, and
 * lost in a crash.
 */
export class RunUps {
  /** By rule, then by subject: a rule without any costs one look-up an evaluation. */
  readonly #held = new Map<string, Map<string, RunUp>>();
  #pairs = 0;

  /** Takes in one evaluation. @returns the readings before the levels that fired at it */
  take({ rule, readings, changes }: Evaluation): readonly ReadingRow[] {
    const held = this.#held.get(rule.id);
    if (held === undefined && changes.length === 0) return [];
    for (const [subject, runUp] of held ?? []) {
      const reading = readings.get(subject);
      if (reading !== undefined) runUp.rows.push({ rule: rule.id, subject, reading });
      if (runUp.rows.length > mostReadings) runUp.rows = [...thinned(runUp.rows, mostReadings / 2)];
    }
    return changes.flatMap((change) => this.#follow(change));
  }

  #follow({ rule, subject, severity, change }: LevelChange): readonly ReadingRow[] {
    switch (change) {
      case 'pending':
        this.#hold(rule, subject).pending.add(severity);
        return [];
      case 'fired':
        return this.#letGo(rule, subject, severity);
      case 'forgiven':
      case 'recovered':
        this.#letGo(rule, subject, severity);
        return [];
      case 'recovering':
      case 'relapsed':
        return [];
    }
  }

  #hold(rule: string, subject: string): RunUp {
    const subjects = this.#held.get(rule) ?? new Map<string, RunUp>();
    this.#held.set(rule, subjects);
    const known = subjects.get(subject);
    if (known !== undefined) return known;
    if (this.#pairs >= mostPairs) this.#dropOldest();
    const runUp: RunUp = { rows: [], pending: new Set() };
    subjects.set(subject, runUp);
    this.#held.set(rule, subjects);
    this.#pairs += 1;
    return runUp;
  }

  /** The graver levels of the same rule may be pending still. */
  #letGo(rule: string, subject: string, severity: Severity): readonly ReadingRow[] {
    const runUp = this.#held.get(rule)?.get(subject);
    if (runUp === undefined) return [];
    runUp.pending.delete(severity);
    const { rows } = runUp;
    runUp.rows = [];
    if (runUp.pending.size === 0) this.#drop(rule, subject);
    return rows;
  }

  #drop(rule: string, subject: string): void {
    const subjects = this.#held.get(rule);
    if (subjects?.delete(subject) === true) this.#pairs -= 1;
    if (subjects?.size === 0) this.#held.delete(rule);
  }

  #dropOldest(): void {
    for (const [rule, subjects] of this.#held)
      for (const subject of subjects.keys()) return this.#drop(rule, subject);
  }
}
