import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { canonical } from '../../domain/json.ts';

/** How one member of a row lies in its column. */
export interface Column<Value> {
  readonly name: string;
  write(value: Value): SQLInputValue;
  read(stored: SQLOutputValue | undefined): Value;
}

/** Text, or one of a few words. */
export function text<Value extends string = string>(name: string): Column<Value> {
  return { name, write: (value) => value, read: (stored) => stored as Value };
}

/** Text, or nothing. */
export function optionalText<Value extends string = string>(name: string): Column<Value | null> {
  return { name, write: (value) => value, read: (stored) => (stored ?? null) as Value | null };
}

/** A number; instants and durations in ms. */
export function number(name: string): Column<number> {
  return { name, write: (value) => value, read: (stored) => stored as number };
}

/** A number, or nothing. */
export function optionalNumber(name: string): Column<number | null> {
  return { name, write: (value) => value, read: (stored) => (stored ?? null) as number | null };
}

/** A claim, as 0 or 1. */
export function flag(name: string): Column<boolean> {
  return { name, write: (value) => (value ? 1 : 0), read: (stored) => stored === 1 };
}

/** Plain JSON, as canonical text. */
export function json<Value>(name: string): Column<Value> {
  return { name, write: canonical, read: (stored) => JSON.parse(stored as string) as Value };
}
