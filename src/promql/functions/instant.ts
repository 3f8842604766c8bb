import { dateFunctions } from './date.ts';

/** What a function makes of one value; null: no element. `parameters` are its scalar arguments, in order. */
export type InstantFunction = (value: number, parameters: readonly number[]) => number | null;

/** What PromQL's functions of single values compute, by name. */
export const instantFunctions: Readonly<Record<string, InstantFunction>> = {
  ...dateFunctions,
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  clamp: (value, [least = NaN, most = NaN]) => (most < least ? null : larger(least, smaller(most, value))),
  clamp_max: (value, [most = NaN]) => smaller(most, value),
  clamp_min: (value, [least = NaN]) => larger(least, value),
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  round,
  sgn: Math.sign,
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Rounds to a multiple of the parameter, halves up. By its inverse, which loses less than dividing by it. */
function round(value: number, [to = 1]: readonly number[]): number {
  const inverse = 1 / to;
  return Math.floor(value * inverse + 0.5) / inverse;
}

/** As in Go, -Inf is smaller than NaN. */
function smaller(a: number, b: number): number {
  return a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
}

/** As in Go, +Inf is larger than NaN. */
function larger(a: number, b: number): number {
  return a === Infinity || b === Infinity ? Infinity : Math.max(a, b);
}
