/** Numbers with a meaning: ratios and sizes, as people write them in rules. */

const sizes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** How a measured value should be shown to people. */
export type Unit = 'ratio' | 'bytes' | 'seconds' | 'times' | 'number';

/** A threshold with the unit it was written in, so that messages repeat the author's own notation. */
export interface Quantity {
  readonly value: number;
  readonly unit: Unit;
}

/**
 * Reads `50%` (0.5), `512MiB`, `3x` (times a baseline), plain finite numbers as they are; `5s` is not a quantity.
 *
 * @returns null when the text is none of these
 */
export function parseQuantity(written: string | number): Quantity | null {
  if (typeof written === 'number')
    return Number.isFinite(written) ? { value: written, unit: 'number' } : null;
  const match = /^(-?\d+(?:\.\d+)?)\s*([%A-Za-z]*)$/.exec(written.trim());
  if (match === null) return null;
  const value = Number(match[1]);
  const suffix = match[2] ?? '';
  if (suffix === '') return { value, unit: 'number' };
  if (suffix === '%') return { value: value / 100, unit: 'ratio' };
  if (suffix === 'x') return { value, unit: 'times' };
  const size = sizes[suffix];
  return size === undefined ? null : { value: value * size, unit: 'bytes' };
}

/** Shows a value in the unit of the threshold it is compared with: `61.5%`, `512MiB`, `3x`, `3`. */
export function formatQuantity(value: number, unit: Unit): string {
  if (unit === 'ratio') return `${trim(value * 100)}%`;
  if (unit === 'seconds') return `${trim(value)}s`;
  if (unit === 'times') return `${trim(value)}x`;
  if (unit === 'bytes') return formatBytes(value);
  return trim(value);
}

function formatBytes(bytes: number): string {
  for (const name of ['TiB', 'GiB', 'MiB', 'KiB']) {
    const size = sizes[name] ?? 1;
    if (Math.abs(bytes) >= size) return `${trim(bytes / size)}${name}`;
  }
  return `${trim(bytes)}B`;
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}
