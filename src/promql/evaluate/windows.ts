import type { Window, WindowFunction } from '../functions/window.ts';
import type { Evaluation, Grid } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { distinct, FrameBuilder } from './frame.ts';
import type { Samples } from './samples.ts';

/** Windows shorter than this are copied; longer ones are views, which cost more to make and nothing to fill. */
const copiedLength = 64;

/** A range function, where its windows end, and its scalar arguments at each step. */
export interface Windowing {
  readonly call: WindowFunction;
  readonly ends: Float64Array;
  readonly rangeMs: number;
  readonly parameters: readonly Float64Array[];
  /** Whether series keep their names. */
  readonly named: boolean;
}

/** What a range function makes of each series at each step. Series without an element are left out. */
export function overWindows(
  samples: Samples,
  windowing: Windowing,
  grid: Grid,
  evaluation: Evaluation,
): Frame {
  const builder = new FrameBuilder(grid.steps, samples.count, evaluation.budget);
  const slide = new SlidingWindow(windowing, grid, evaluation);
  const names = new Set<string>();
  for (let row = 0; row < samples.count; row++) {
    const length = samples.load(row);
    if (length === 0) continue;
    if (!slide.over(samples, length, builder)) continue;
    keep(builder, samples, row, windowing.named, evaluation);
    names.add(samples.set(row).get('__name__'));
  }
  const frame = builder.done();
  const renamed = !windowing.named && !evaluation.delayedNameRemoval && names.size > 1;
  return renamed ? distinct(frame, evaluation.budget, false) : frame;
}

function keep(
  builder: FrameBuilder,
  samples: Samples,
  row: number,
  named: boolean,
  evaluation: Evaluation,
): void {
  const set = samples.set(row);
  if (named) builder.keep(set, samples.unnamed(row));
  else if (evaluation.delayedNameRemoval) builder.keep(set, true);
  else builder.keep(set.nameless);
}

class SlidingWindow {
  readonly #windowing: Windowing;
  readonly #grid: Grid;
  readonly #evaluation: Evaluation;
  readonly #parameters: number[];
  readonly #copy = { times: new Float64Array(copiedLength), values: new Float64Array(copiedLength) };
  /** One object for all windows, so that functions see one shape. */
  readonly #window: { -readonly [K in keyof Window]: Window[K] } = {
    times: this.#copy.times,
    values: this.#copy.values,
    length: 0,
    fromMs: 0,
    toMs: 0,
    atMs: 0,
  };

  constructor(windowing: Windowing, grid: Grid, evaluation: Evaluation) {
    this.#windowing = windowing;
    this.#grid = grid;
    this.#evaluation = evaluation;
    this.#parameters = windowing.parameters.map(() => 0);
  }

  /** Writes the open row of the builder; tells whether the row has any element. */
  over(samples: Samples, length: number, builder: FrameBuilder): boolean {
    const { ends, rangeMs, call } = this.#windowing;
    const at = builder.open();
    const { times } = samples;
    let low = 0;
    let high = 0;
    let seen = false;
    for (let step = 0; step < ends.length; step++) {
      const toMs = ends[step] ?? 0;
      if (step > 0 && this.#repeats(toMs, step)) {
        builder.values[at + step] = builder.values[at + step - 1] ?? 0;
        builder.present[at + step] = builder.present[at + step - 1] ?? 0;
        continue;
      }
      while (high < length && (times[high] ?? 0) <= toMs) high++;
      while (low < high && (times[low] ?? 0) <= toMs - rangeMs) low++;
      if (low === high) continue;
      this.#place(samples, low, high, toMs, step);
      this.#evaluation.budget.samples(high - low);
      const value = call(this.#window, this.#parameters);
      if (value === null) continue;
      builder.values[at + step] = value;
      builder.present[at + step] = 1;
      seen = true;
    }
    return seen;
  }

  /** Whether the window is that of the step before, as with `@`. With a parameter, what is made of it may still differ. */
  #repeats(toMs: number, step: number): boolean {
    return toMs === this.#windowing.ends[step - 1] && this.#parameters.length === 0;
  }

  #place(samples: Samples, low: number, high: number, toMs: number, step: number): void {
    const window = this.#window;
    window.length = high - low;
    window.toMs = toMs;
    window.fromMs = toMs - this.#windowing.rangeMs;
    window.atMs = this.#grid.startMs + step * this.#grid.stepMs;
    this.#cut(samples, low, high);
    const { parameters } = this.#windowing;
    for (let index = 0; index < parameters.length; index++) {
      this.#parameters[index] = parameters[index]?.[step] ?? Number.NaN;
    }
  }

  #cut(samples: Samples, low: number, high: number): void {
    const window = this.#window;
    if (low === 0) {
      window.times = samples.times;
      window.values = samples.values;
      return;
    }
    if (high - low > copiedLength) {
      window.times = samples.times.subarray(low, high);
      window.values = samples.values.subarray(low, high);
      return;
    }
    const { times, values } = this.#copy;
    for (let from = low, to = 0; from < high; from++, to++) {
      times[to] = samples.times[from] ?? 0;
      values[to] = samples.values[from] ?? 0;
    }
    window.times = times;
    window.values = values;
  }
}
