import type { Measure } from './samples.ts';

/** What a benchmark is run with. */
export interface BenchContext {
  /** Short versions: for a look, not for the record. */
  readonly quick: boolean;
  /** A directory of its own on a real disk, removed afterwards. */
  readonly folder: string;
  /** Says what happens meanwhile, to people. */
  readonly progress: (line: string) => void;
  /** Aborts when the run is interrupted. */
  readonly signal: AbortSignal;
}

/** Something that can be chosen by its name. */
export interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** Why it cannot run here, or null. */
  readonly missing?: () => string | null;
  run(context: BenchContext): Promise<readonly Measure[]>;
}
