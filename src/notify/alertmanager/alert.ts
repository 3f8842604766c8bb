import type { IncidentRow } from '../../domain/ports/store.ts';
import type { Severity } from '../../domain/rule.ts';
import { inertLine } from '../inert.ts';

/** An alert as `POST /api/v2/alerts` takes it. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** Set once it is over. */
  readonly endsAt?: string;
  readonly generatorURL?: string;
}

export interface AlertParts {
  readonly environment: string;
  /** Labels of the configuration; rollbackd's own win. */
  readonly labels: Readonly<Record<string, string>>;
  readonly page: (incident: string) => string | null;
}

const longest = 1_000;

/**
 * The alert of an incident. Its labels are its identity in Alertmanager, so they hold what does not change while an
 * incident is open: all but the severity, which routes need.
 */
export function alertOf(
  row: IncidentRow,
  severity: Severity,
  { environment, labels, page }: AlertParts,
): Omit<Alert, 'endsAt'> {
  const { id, target, rule, state, reason, openedAt } = row;
  const url = page(id);
  return {
    labels: { ...labels, alertname: 'RollbackdIncident', environment, incident: id, target, severity },
    annotations: {
      summary: inertLine(`${severity.toUpperCase()} ${target} ${id}: ${reason}`, longest),
      description: inertLine(`rule ${rule}; ${state.replaceAll('_', ' ')}: ${reason}`, longest),
      command: `rollbackd show ${id}`,
    },
    startsAt: new Date(openedAt).toISOString(),
    ...(url === null ? {} : { generatorURL: url }),
  };
}
