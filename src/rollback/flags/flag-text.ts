import { dotenvText } from './dotenv-text.ts';
import { jsonText } from './json-text.ts';
import { yamlText } from './yaml-text.ts';

export type FlagValue = string | number | boolean | null;

/** One key, by its way through nested maps. `undefined` takes the key out. */
export interface FlagChange {
  readonly path: readonly string[];
  readonly value: FlagValue | undefined;
}

/** `composed` is a map or a list. */
export type Found =
  { readonly value: FlagValue } | { readonly value?: never; readonly is: 'missing' | 'composed' };

/** A file format in which single keys are read and changed while everything else stays as it was written. */
export interface FlagText {
  /**
   * What stands under a key.
   *
   * @throws RollbackError `ANSWER_INVALID` when the text is not of this format
   */
  get(text: string, path: readonly string[]): Found;
  /** The text with the changes in it. @throws as `get`, and when a change cannot be written in this format */
  apply(text: string, changes: readonly FlagChange[]): string;
}

export const flagFormats = ['yaml', 'json', 'dotenv'] as const;
export type FlagFormat = (typeof flagFormats)[number];

/** The format's editor. */
export function flagText(format: FlagFormat): FlagText {
  switch (format) {
    case 'yaml':
      return yamlText;
    case 'json':
      return jsonText;
    case 'dotenv':
      return dotenvText;
  }
}

/** By the ending of its name; null where that says nothing. `.env.production` is a dotenv file, too. */
export function formatOf(path: string): FlagFormat | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/\.ya?ml$/.test(name)) return 'yaml';
  if (/\.jsonc?$/.test(name)) return 'json';
  return /^\.env(\..+)?$|\.env$/.test(name) ? 'dotenv' : null;
}
