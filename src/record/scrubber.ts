import type { Secret } from '../domain/secret.ts';

/** What stands where a secret was. */
export const scrubbed = '[secret]';

/** Shorter ones would blot out half of every line. */
const shortest = 4;

/**
 * The last line of defence: replaces known secret values wherever they turn up in a text, whoever let them in.
 *
 * Each value is known as it is, as it looks inside JSON (also JSON inside JSON), inside a URL, and in base64. Values of
 * fewer than four characters are left alone.
 */
export class Scrubber {
  #forms: readonly string[] = [];
  readonly #values = new Set<string>();

  /** Adds secrets. Old ones stay known: a line about a former token still must not show it. */
  know(secrets: Iterable<Secret | string>): void {
    for (const secret of secrets) {
      const value = typeof secret === 'string' ? secret : secret.reveal();
      if (value.length >= shortest) this.#values.add(value);
    }
    const forms = new Set([...this.#values].flatMap(formsOf));
    // Longest first: a secret that contains another one goes whole.
    this.#forms = [...forms].sort((a, b) => b.length - a.length);
  }

  /** The text without any secret. */
  scrub(text: string): string {
    let clean = text;
    for (const form of this.#forms) if (clean.includes(form)) clean = clean.replaceAll(form, scrubbed);
    return clean;
  }
}

function formsOf(value: string): string[] {
  const inJson = escaped(value);
  const bytes = Buffer.from(value);
  return [
    value,
    inJson,
    escaped(inJson),
    encodeURIComponent(value.toWellFormed()),
    bytes.toString('base64'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
