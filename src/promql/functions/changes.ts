import type { WindowFunction } from './window.ts';

/** How often the value changed; NaN after NaN is no change. */
export const changes: WindowFunction = ({ values, length }) => {
  let count = 0;
  for (let at = 1; at < length; at += 1) {
    const value = values[at] ?? 0;
    const before = values[at - 1] ?? 0;
    if (value !== before && !(Number.isNaN(value) && Number.isNaN(before))) count += 1;
  }
  return length === 0 ? null : count;
};

/** How often the value fell. */
export const resets: WindowFunction = ({ values, length }) => {
  let count = 0;
  for (let at = 1; at < length; at += 1) if ((values[at] ?? 0) < (values[at - 1] ?? 0)) count += 1;
  return length === 0 ? null : count;
};
