import { z } from 'zod';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { Source } from '../../src/domain/ports/source.ts';
import type { Reading } from '../../src/domain/reading.ts';
import { sleep } from '../../src/domain/ports/clock.ts';
import { readingOf } from './tracing.ts';

/** A source that says for each subject what the test set, as letters of a trace; it keeps a log of its reads. */
export class ScriptedSource implements Source {
  readonly kind: string;
  readonly options = z.unknown();
  seesDeploys = false;
  /** Read as `.` where nothing is set. */
  readonly says: Record<string, string> = {};
  /** How long a read takes; Infinity never ends and does not listen. */
  takesMs = 0;
  /** Thrown by the next reads, against the contract. */
  throws: Error | null = null;
  /** When each read began, and for whom. */
  readonly reads: { readonly at: number; readonly subjects: string[]; readonly options: unknown }[] = [];
  reading = 0;
  readonly #clock: Clock;

  constructor(clock: Clock, kind = 'fake') {
    this.kind = kind;
    this.#clock = clock;
  }

  signal(): 'value' {
    return 'value';
  }

  unit(): 'ratio' {
    return 'ratio';
  }

  windowMs(): number {
    return 0;
  }

  identity(): string {
    return this.kind;
  }

  unmatched(): number {
    return this.kind === 'series' ? 3 : 0;
  }

  async read(
    options: unknown,
    subjects: readonly { readonly name: string }[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Reading>> {
    const at = this.#clock.now();
    this.reads.push({ at, subjects: subjects.map(({ name }) => name), options });
    this.reading += 1;
    try {
      if (this.takesMs === Infinity) await new Promise(() => {});
      if (this.takesMs > 0) await sleep(this.#clock, this.takesMs, signal);
      if (this.throws !== null) throw this.throws;
      return new Map(
        subjects
          .filter(({ name }) => this.says[name] !== 'missing')
          .map(({ name }) => [name, readingOf(this.says[name] ?? '.', this.#clock.now())]),
      );
    } finally {
      this.reading -= 1;
    }
  }
}
