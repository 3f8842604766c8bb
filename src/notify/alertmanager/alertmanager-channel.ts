import type { HttpClient } from '../../clients/http.ts';
import { messageOf } from '../../domain/errors.ts';
import type { AlertmanagerChannel } from '../../domain/notification.ts';
import type { Channel } from '../../domain/ports/channel.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { IncidentRow, Store } from '../../domain/ports/store.ts';
import { severities, type Severity } from '../../domain/rule.ts';
import { MINUTE } from '../../domain/time.ts';
import { postJson } from '../post-json.ts';
import { alertOf, type Alert, type AlertParts } from './alert.ts';

export interface AlertmanagerOptions {
  readonly alertmanager: AlertmanagerChannel;
  readonly environment: string;
  readonly page: AlertParts['page'];
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly log: Log;
  /** Keeps the severity under which an incident's alert is known there. */
  readonly store: Pick<Store, 'post' | 'putPost'>;
  /** The incidents that are not closed and that the channel hears of. */
  readonly openIncidents: () => Promise<readonly IncidentRow[]>;
  /** Whether nothing is told of it at present, by a silence. */
  readonly isSilenced: (row: IncidentRow) => boolean;
}

const name = 'alertmanager';
/** Well within the five minutes after which Alertmanager takes a silent alert for resolved. */
const everyMs = 1 * MINUTE;

/**
 * One alert an incident, until it is closed. Alertmanager forgets what is not repeated, so open incidents are posted
 * again every minute; one post at a time, so that a repeat never overtakes the end of an alert.
 */
export function alertmanagerChannel(options: AlertmanagerOptions): Channel {
  const { clock, log, openIncidents } = options;
  const inTurn = turns();
  return {
    name,
    send: async (messages, _, signal) => {
      const rows = messages.flatMap(({ story }) => story?.incident ?? []);
      const row = rows.at(-1);
      if (row !== undefined) await inTurn(() => tell(options, row, signal));
    },
    run: async (signal) => {
      while (!signal.aborted) {
        await sleep(clock, everyMs, signal);
        if (signal.aborted) return;
        try {
          await inTurn(async () => repeat(options, await openIncidents(), signal));
        } catch (error) {
          if (!signal.aborted)
            log.warn({ channel: name, error: messageOf(error) }, 'open incidents were not posted again');
        }
      }
    },
  };
}

/** Posts how an incident stands, and ends the alert under its former severity, if that was another one. */
async function tell(options: AlertmanagerOptions, row: IncidentRow, signal: AbortSignal): Promise<void> {
  const { store, clock } = options;
  const before = severityIn(await store.post(name, row.id));
  const now = new Date(clock.wall()).toISOString();
  const parts = partsOf(options);
  const alert = alertOf(row, row.severity, parts);
  const changed =
    before !== null && before !== row.severity ? [{ ...alertOf(row, before, parts), endsAt: now }] : [];
  const current = row.closedAt === null ? alert : { ...alert, endsAt: now };
  await post(options, [current, ...changed], signal);
  if (before !== row.severity) await store.putPost(name, row.id, { severity: row.severity });
}

async function repeat(
  options: AlertmanagerOptions,
  open: readonly IncidentRow[],
  signal: AbortSignal,
): Promise<void> {
  const heard = await Promise.all(open.map((row) => isHeard(options, row)));
  const rows = open.filter((_, index) => heard[index]);
  if (rows.length === 0) return;
  const parts = partsOf(options);
  await post(
    options,
    rows.map((row) => alertOf(row, row.severity, parts)),
    signal,
  );
}

/** Under a silence nothing new begins; an alert that is known there goes on, or it would be taken for resolved. */
async function isHeard({ store, isSilenced }: AlertmanagerOptions, row: IncidentRow): Promise<boolean> {
  return !isSilenced(row) || severityIn(await store.post(name, row.id)) !== null;
}

function partsOf({ environment, alertmanager, page }: AlertmanagerOptions): AlertParts {
  return { environment, labels: alertmanager.labels, page };
}

async function post(
  { alertmanager, http, clock }: AlertmanagerOptions,
  alerts: readonly Alert[],
  signal: AbortSignal,
): Promise<void> {
  await postJson({
    http,
    url: `${alertmanager.url}/api/v2/alerts`,
    headers: {},
    body: JSON.stringify(alerts),
    to: 'Alertmanager',
    wall: clock.wall(),
    signal,
  });
}

function severityIn(place: unknown): Severity | null {
  if (place === null || typeof place !== 'object' || !('severity' in place)) return null;
  return severities.find((known) => known === place.severity) ?? null;
}

/** One after the other. */
function turns(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => null);
    return next;
  };
}
