/** What stands where a secret was quoted. */
const shown = '[secret]';

/** Shorter ones would blot out half of every text. */
const shortest = 4;

/**
 * A server's answer without the header values that it was sent: gateways and debug pages quote requests, and what a
 * server says goes into readings and messages. `Bearer abc` hides `abc` alone, too.
 */
export function withoutQuoted(text: string, headerValues: readonly string[]): string {
  return headerValues
    .flatMap((value) => [value, value.split(' ').at(-1) ?? ''])
    .filter(({ length }) => length >= shortest)
    .reduce((rest, value) => rest.replaceAll(value, shown), text);
}
