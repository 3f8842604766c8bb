import type { DatabaseSync } from 'node:sqlite';
import { canonical, type Json } from '../../domain/json.ts';
import type { Control, ReadingRow } from '../../domain/ports/store.ts';
import type { Reading } from '../../domain/reading.ts';

/** Rows that are removed as well as put, and readings. */
export interface SmallRows {
  setControl(control: Control): void;
  controls(): Control[];
  putReading(row: ReadingRow): void;
  /** From `from` to `to`, both included, in order of time. */
  readings(subject: string, from: number, to: number): ReadingRow[];
}

/** Prepares their statements once. */
export function prepareSmallRows(database: DatabaseSync): SmallRows {
  return { ...controls(database), ...readings(database) };
}

function controls(database: DatabaseSync): Pick<SmallRows, 'setControl' | 'controls'> {
  const put = database.prepare(
    `INSERT INTO controls (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
  );
  const clear = database.prepare('DELETE FROM controls WHERE key = ?');
  const all = database.prepare('SELECT key, value FROM controls ORDER BY key');
  return {
    setControl: ({ key, value }) => {
      if (value === null) clear.run(key);
      else put.run(key, canonical(value));
    },
    controls: () =>
      all.all().map((row) => ({
        key: row['key'] as string,
        value: JSON.parse(row['value'] as string) as Json,
      })),
  };
}

function readings(database: DatabaseSync): Pick<SmallRows, 'putReading' | 'readings'> {
  const put = database.prepare(
    `INSERT INTO readings (subject, rule, at, reading) VALUES (?, ?, ?, ?)
     ON CONFLICT (subject, rule, at) DO UPDATE SET reading = excluded.reading`,
  );
  const between = database.prepare(
    'SELECT rule, subject, reading FROM readings WHERE subject = ? AND at BETWEEN ? AND ? ORDER BY at, rule',
  );
  return {
    putReading: ({ subject, rule, reading }) => put.run(subject, rule, reading.at, canonical(reading)),
    readings: (subject, from, to) =>
      between.all(subject, from, to).map((row) => ({
        rule: row['rule'] as string,
        subject: row['subject'] as string,
        reading: JSON.parse(row['reading'] as string) as Reading,
      })),
  };
}
