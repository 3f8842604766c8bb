import type { IncidentView } from '../../domain/ports/daemon.ts';
import type { Entry } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';

/** What a report is made from. */
export interface ReportInput {
  readonly incident: IncidentView;
  readonly environment: string;
  /** Until when an open incident is told; a closed one is told whole. */
  readonly now: number;
  /** The release whose arrival is the last one before the breach; null where none is known. */
  readonly change: { readonly release: string; readonly at: number } | null;
  /** The journal's last entry when the report is made. */
  readonly head: { readonly seq: number; readonly hash: string };
}

/** `2026-11-21 04:05:06 UTC`. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `04:05:06`, with the day in front where it is another one than `day`. */
export function utcTime(at: number, day: number): string {
  const [date, time] = utc(at).split(' ');
  return date === utc(day).slice(0, 10) ? (time ?? '') : `${date} ${time}`;
}

/** `handed_over` → `handed over`. */
export function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}

export function durationOrDash(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms);
}

/** `1 step`, `2 steps`. */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`;
}

/** A person asked for it; no rule led to it. */
export function isRequest({ rule }: Pick<IncidentView, 'rule'>): boolean {
  return rule.startsWith('request/');
}

export function isRolledBack({ effects }: Pick<IncidentView, 'effects'>): boolean {
  return effects.some(({ startedAt }) => startedAt !== null);
}

/** The incident is over, or nobody but a person will end it. */
export function isFinal({ closedAt }: Pick<IncidentView, 'closedAt'>): boolean {
  return closedAt !== null;
}

export function lastOf(journal: readonly Entry[], type: string): Entry | undefined {
  return journal.findLast((entry) => entry.type === type);
}

/** The level that led to the incident; undefined where a person asked. */
export function leadOf({ levels, rule }: IncidentView) {
  return levels.find((level) => level.rule === rule) ?? levels[0];
}
