import type { OutboxRow } from '../domain/ports/store.ts';

/** How a message may stand, beside what its row says. */
export interface Standings {
  /** Refused so often that later messages of its incident may go before it. */
  isSetAside(row: OutboxRow): boolean;
  /** When it may be tried, epoch ms. */
  readyAt(row: OutboxRow): number;
  /** Failed tries of its incident since something last got through. */
  triesOf(incident: string | null): number;
  /** How many messages may go together, if it is the first of them. */
  joins(row: OutboxRow): number;
}

/** Messages of one incident, oldest first. */
export type Batch = readonly [OutboxRow, ...(readonly OutboxRow[])];

/** What to send next, all of one incident; or when to look again, null when nothing waits. */
export type Choice =
  { readonly send: Batch; readonly againAt: null } | { readonly send: null; readonly againAt: number | null };

/**
 * Chooses among waiting messages. Those of one incident keep their order; between incidents the fewest tries since
 * something last got through come first, so that one that does not get through holds up nobody; then the order handed
 * in, which is: incidents with something urgent, and the oldest. What belongs to no incident keeps its order too.
 */
export function choose(rows: readonly OutboxRow[], standings: Standings, now: number): Choice {
  const lanes = [...Map.groupBy(rows, ({ incident }) => incident).values()];
  const heads = lanes.flatMap((lane) => headOf(lane, standings, now) ?? []);
  const ready = heads
    .filter(({ row }) => standings.readyAt(row) <= now)
    .toSorted((a, b) => standings.triesOf(a.row.incident) - standings.triesOf(b.row.incident));
  const [next] = ready;
  if (next !== undefined) return { send: [next.row, ...next.behind], againAt: null };
  const times = heads.map(({ row }) => standings.readyAt(row));
  return { send: null, againAt: times.length === 0 ? null : Math.min(...times) };
}

interface Head {
  readonly row: OutboxRow;
  /** What goes together with it. */
  readonly behind: readonly OutboxRow[];
}

/** The first that may be tried; those that were set aside have another chance when their time has come. */
function headOf(lane: readonly OutboxRow[], standings: Standings, now: number): Head | null {
  const free = lane.findIndex((row) => !standings.isSetAside(row) || standings.readyAt(row) <= now);
  const index = Math.max(free, 0);
  const row = lane[index];
  if (row === undefined) return null;
  // What belongs to no incident is told one by one.
  const joins = row.incident === null ? 1 : standings.joins(row);
  const together = lane.slice(index + 1, index + joins);
  const end = together.findIndex((later) => standings.isSetAside(later));
  return { row, behind: end === -1 ? together : together.slice(0, end) };
}
