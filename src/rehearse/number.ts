/** A number of a series, without its sign: decimal, `Inf` or `NaN`. Not hexadecimal: `0x5` is 0, and five more. */
export const numberPattern = '(?:[iI]nf|[nN]a[nN]|(?:\\d[\\d_]*(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?)';

/** Reads what `numberPattern` matches, with or without a sign before it. */
export function readNumber(text: string): number {
  const [, sign = '', bare = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  const size = /^inf$/i.test(bare) ? Infinity : Number(bare.replaceAll('_', ''));
  return sign === '-' ? -size : size;
}
