import type { Window, WindowFunction } from './window.ts';

/** How much a counter grows in a second, over the whole range: resets are made good, the edges extrapolated. */
export const rate: WindowFunction = (window) => {
  const grown = extrapolated(window, true);
  return grown === null ? null : grown / ((window.toMs - window.fromMs) / 1000);
};

/** How much a counter grows in the range. */
export const increase: WindowFunction = (window) => extrapolated(window, true);

/** How much a gauge changes in the range. */
export const delta: WindowFunction = (window) => extrapolated(window, false);

/** How much a counter grows in a second, from its last two samples; after a reset it has grown by its value. */
export const irate: WindowFunction = (window) => {
  const { times, values, length } = window;
  if (length < 2) return null;
  const last = values[length - 1] ?? 0;
  const before = values[length - 2] ?? 0;
  const spacingMs = (times[length - 1] ?? 0) - (times[length - 2] ?? 0);
  if (spacingMs === 0) return null;
  return (last < before ? last : last - before) / (spacingMs / 1000);
};

/** How much a gauge changes between its last two samples. */
export const idelta: WindowFunction = ({ times, values, length }) => {
  if (length < 2 || times[length - 1] === times[length - 2]) return null;
  return (values[length - 1] ?? 0) - (values[length - 2] ?? 0);
};

/** A gap at an edge of the range is filled up if it is shorter than this many spacings of samples. */
const filledSpacings = 1.1;

/**
 * The change between the first and the last sample, extrapolated to the edges of the range: to the edge itself if a
 * sample is near it, else by half a spacing. A counter is not extrapolated to before it was zero.
 */
function extrapolated(window: Window, isCounter: boolean): number | null {
  const { times, values, length } = window;
  if (length < 2) return null;
  const first = values[0] ?? 0;
  const firstAt = times[0] ?? 0;
  const lastAt = times[length - 1] ?? 0;
  let change = (values[length - 1] ?? 0) - first;
  if (isCounter) change = withResets(values, length, change);

  const sampled = (lastAt - firstAt) / 1000;
  const spacing = sampled / (length - 1);
  let before = (firstAt - window.fromMs) / 1000;
  let behind = (window.toMs - lastAt) / 1000;
  if (before >= spacing * filledSpacings) before = spacing / 2;
  if (behind >= spacing * filledSpacings) behind = spacing / 2;
  if (isCounter && change > 0 && first >= 0) {
    const sinceZero = sampled * (first / change);
    if (sinceZero < before) before = sinceZero;
  }
  return change * ((sampled + before + behind) / sampled);
}

function withResets(values: Float64Array, length: number, change: number): number {
  let grown = change;
  let before = values[0] ?? 0;
  for (let at = 1; at < length; at += 1) {
    const value = values[at] ?? 0;
    if (value < before) grown += before;
    before = value;
  }
  return grown;
}
