import { SECOND } from '../../domain/time.ts';

/**
 * A value as both formats write it: a decimal number, `NaN`, `Inf` or `Infinity` with a sign if it has one, in any
 * case. Neither hexadecimal numbers nor what no double can hold.
 *
 * @returns undefined when it is none of them; NaN is a value
 */
export function valueOf(text: string): number | undefined {
  const value = Number(text);
  // `0x1f` is a number to JavaScript, and so is a text of blanks.
  if (Number.isFinite(value)) return decimal(text) ? value : undefined;
  if (Number.isNaN(value) || /[iI]/.test(text)) return special(text);
  return undefined;
}

/** A timestamp of the text format: whole milliseconds. */
export function millisecondsOf(text: string): number | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A timestamp of OpenMetrics: seconds with a fraction, as milliseconds. */
export function secondsOf(text: string): number | undefined {
  const value = valueOf(text);
  if (value === undefined || !Number.isFinite(value)) return undefined;
  const ms = Math.round(value * SECOND);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Whether a text that converts to a number consists of nothing but digits, signs, a point and an exponent. */
function decimal(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    const digit = code >= 48 && code <= 57;
    // + - . E e
    if (!digit && code !== 43 && code !== 45 && code !== 46 && code !== 69 && code !== 101) return false;
  }
  return text !== '';
}

function special(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite === null) return undefined;
  return infinite[1] === '-' ? -Infinity : Infinity;
}
