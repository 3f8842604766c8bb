import type { Json } from '../../domain/json.ts';
import type { JsonObject } from './facts.ts';

/** The members of a list; none for anything else. */
export function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The texts of a list; none for anything else. */
export function textsIn(value: Json | undefined): readonly string[] {
  return listIn(value).filter((item) => typeof item === 'string');
}

/** The object, or an empty one for anything else. */
export function recordIn(value: Json | undefined): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The text, or an empty one for anything else. */
export function textIn(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** `LANG` of `LANG=C`. */
export function variableName(entry: string): string {
  return entry.split('=', 1)[0] ?? '';
}
