/** What one pixel of a plot shows of the readings that fall into it. */
export interface PlotSamples {
  readonly fromMs: number;
  readonly toMs: number;
  /** Least and greatest value; NaN where none was known. */
  readonly least: Float64Array;
  readonly greatest: Float64Array;
  /** Readings that were unknown. */
  readonly unknown: Uint32Array;
  readonly known: Uint32Array;
}

/** Pixels of a plot: enough for a wide screen, and little enough for a page with a hundred plots. */
export const plotPixels = 1_200;

/**
 * Takes up readings, one at a time, into as many pixels as a plot has. Both extremes of each pixel are kept: a peak of
 * one minute in a month stays as high as it was.
 */
export class PlotSampler {
  readonly samples: PlotSamples;
  readonly #lengthMs: number;

  constructor({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, pixels = plotPixels) {
    this.#lengthMs = Math.max(1, toMs - fromMs);
    this.samples = {
      fromMs,
      toMs,
      least: new Float64Array(pixels).fill(Number.NaN),
      greatest: new Float64Array(pixels).fill(Number.NaN),
      unknown: new Uint32Array(pixels),
      known: new Uint32Array(pixels),
    };
  }

  /** @param value null where there was something to read, but no number; undefined where nothing could be read */
  add(at: number, value: number | null | undefined): void {
    const { fromMs, least, greatest, unknown, known } = this.samples;
    const pixel = Math.min(
      least.length - 1,
      Math.max(0, Math.floor(((at - fromMs) * least.length) / this.#lengthMs)),
    );
    if (value === undefined) {
      unknown[pixel] = (unknown[pixel] ?? 0) + 1;
      return;
    }
    known[pixel] = (known[pixel] ?? 0) + 1;
    if (value === null) return;
    // The comparisons are false for NaN, so that the first value is taken.
    if (!(value >= (least[pixel] ?? Number.NaN))) least[pixel] = value;
    if (!(value <= (greatest[pixel] ?? Number.NaN))) greatest[pixel] = value;
  }
}
