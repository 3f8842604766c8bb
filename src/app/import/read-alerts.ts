import type { Place } from '../../config/place.ts';
import type { Problem } from '../../domain/configuration.ts';
import type { Severity } from '../../domain/rule.ts';
import { MINUTE } from '../../domain/time.ts';
import { splitAlert, type SplitAlert } from '../../rehearse/split-alert.ts';
import { durationAt, listAt, noteAt, textAt, textsAt, type Note } from './written.ts';

/** One alert of Prometheus, understood. */
export interface Alert {
  readonly name: string;
  readonly place: Place;
  readonly split: SplitAlert;
  readonly everyMs: number;
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly severity: Severity;
  /** The label as it was written, for telling alerts apart in tests. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `info`: recorded only. */
  readonly quiet: boolean;
  readonly notes: readonly string[];
}

/** What is read from rule files. */
export interface Alerts {
  readonly alerts: readonly Alert[];
  /** Names of recorded series, which only a Prometheus has. */
  readonly recorded: ReadonlySet<string>;
}

/** How alerts are understood. */
export interface Understanding {
  /** The label by which series are told apart. */
  readonly by: string;
  /** Own words for severities, before the usual ones. */
  readonly severities: Readonly<Record<string, Severity>>;
}

const usualSeverities: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  page: 'critical',
  emergency: 'critical',
  fatal: 'critical',
  disaster: 'critical',
  high: 'high',
  major: 'high',
  error: 'high',
  ticket: 'high',
  medium: 'medium',
  minor: 'medium',
  average: 'medium',
  warning: 'medium',
  warn: 'medium',
  low: 'medium',
  info: 'medium',
  information: 'medium',
  none: 'medium',
};
const quietSeverities: ReadonlySet<string> = new Set(['info', 'information', 'none']);

const groupKeys = new Set(['name', 'interval', 'rules', 'labels']);
const alertKeys = new Set(['alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations']);

/** Reads the groups of a rule file. What cannot be carried over is noted, with its line; what is wrong is a problem. */
export function readAlerts(
  place: Place,
  understanding: Understanding,
  out: { readonly notes: Note[]; readonly problems: Problem[] },
): Alerts {
  const alerts: Alert[] = [];
  const recorded = new Set<string>();
  for (const group of listAt(place.at('groups'))) {
    for (const key of keysOf(group))
      if (!groupKeys.has(key)) out.notes.push(noteAt(group.at(key), `${key} of a group has no counterpart`));
    const everyMs = durationAt(group.at('interval')) ?? MINUTE;
    for (const rule of listAt(group.at('rules'))) {
      const record = textAt(rule.at('record'));
      if (record !== null) {
        recorded.add(record);
        const message = `the recording rule ${record} stays in Prometheus; rules go on reading what it records`;
        out.notes.push(noteAt(rule, message));
        continue;
      }
      const alert = readAlert(
        rule,
        { everyMs, groupLabels: textsAt(group.at('labels')) },
        understanding,
        out,
      );
      if (alert !== null) alerts.push(alert);
    }
  }
  return { alerts, recorded };
}

function readAlert(
  place: Place,
  {
    everyMs,
    groupLabels,
  }: { readonly everyMs: number; readonly groupLabels: Readonly<Record<string, string>> },
  understanding: Understanding,
  out: { readonly notes: Note[]; readonly problems: Problem[] },
): Alert | null {
  const name = textAt(place.at('alert'));
  const expr = textAt(place.at('expr'));
  if (name === null || expr === null) {
    place.problem(name === null ? 'is neither an alert nor a recording rule' : `${name} has no expr`);
    return null;
  }
  const split = splitAlert(expr, understanding.by);
  if ('problem' in split) {
    place.at('expr').problem(`is not PromQL: ${split.problem}`);
    return null;
  }
  const labels = { ...groupLabels, ...textsAt(place.at('labels')) };
  const { severity, note } = severityOf(labels['severity'], understanding);
  const others = Object.keys(labels).filter((label) => label !== 'severity');
  const unknown = keysOf(place).filter((key) => !alertKeys.has(key));
  const notes = [
    ...split.notes,
    ...(note === null ? [] : [note]),
    ...(others.length === 0
      ? []
      : [
          `its ${others.length === 1 ? 'label' : 'labels'} ${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} no counterpart`,
        ]),
    ...unknown.map((key) => `${key} has no counterpart`),
  ];
  out.notes.push(...notes.map((message) => noteAt(place, `${name}: ${message}`)));
  return {
    name,
    place,
    split,
    everyMs,
    forMs: durationAt(place.at('for')) ?? 0,
    keepFiringMs: durationAt(place.at('keep_firing_for')) ?? 0,
    severity,
    labels,
    annotations: textsAt(place.at('annotations')),
    quiet: quietSeverities.has((labels['severity'] ?? '').toLowerCase()),
    notes,
  };
}

function severityOf(
  written: string | undefined,
  { severities }: Understanding,
): { readonly severity: Severity; readonly note: string | null } {
  if (written === undefined) return { severity: 'medium', note: 'it has no severity, so it became MEDIUM' };
  const severity = severities[written] ?? usualSeverities[written.toLowerCase()];
  if (severity !== undefined) return { severity, note: null };
  return {
    severity: 'medium',
    note: `its severity ${written} is not known, so it became MEDIUM; --severity ${written}=critical says otherwise`,
  };
}

function keysOf({ value }: Place): string[] {
  return value === null || typeof value !== 'object' || Array.isArray(value) ? [] : Object.keys(value);
}
