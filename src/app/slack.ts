import { randomInt } from 'node:crypto';
import type { HttpClient } from '../clients/http.ts';
import type { Channel } from '../domain/ports/channel.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import type { Daemon, DoctorView } from '../domain/ports/daemon.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import { formatDuration } from '../domain/time.ts';
import type { Engine } from '../engine/engine.ts';
import type { Note } from '../engine/turn.ts';
import type { SlackInbound } from '../notify/slack/inbound/start-inbound.ts';
import type { Metrics } from '../record/metrics.ts';
import type { ServerOptions } from '../server/server.ts';
import { slackPage } from '../server/slack-page.ts';
import { randomIds } from './ids.ts';

export interface SlackParts {
  readonly engine: Engine;
  readonly daemon: Daemon;
  readonly store: Store;
  readonly http: HttpClient;
  readonly channels: readonly Channel[];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'slackTaken' | 'slackConnections'>;
}

/** How people's clicks and commands in Slack reach the daemon. */
export interface Slack {
  /** Where Slack posts them, if it does. */
  readonly pages: NonNullable<ServerOptions['pages']>;
  /** How the connection stands; null where nobody has to connect. */
  check(): DoctorView['checks'][number] | null;
  /** Takes them until the signal aborts. Never rejects. */
  start(signal: AbortSignal): Promise<void>;
}

const none: Slack = { pages: [], check: () => null, start: () => Promise.resolve() };

/** What the configuration says of a Slack app; nothing is loaded and nothing runs where there is none. */
export async function slackOf(parts: SlackParts): Promise<Slack> {
  const { engine, channels, metrics, clock } = parts;
  const { book } = engine.core;
  const app = book.configuration.channels.slackApp;
  if (app === null) return none;
  const { slackInbound } = await import('../notify/slack/inbound/start-inbound.ts');
  const inbound = await slackInbound({
    ...parts,
    app,
    ids: randomIds,
    chance: () => randomInt(2 ** 32) / 2 ** 32,
    approvers: () => book.configuration.approvers,
    contacts: () => book.configuration.notify.contacts,
    journal: together(engine),
    refresh: (incident) => {
      for (const channel of channels) channel.refresh?.(incident);
    },
    counted: (ended, because) => metrics.slackTaken(ended, because),
    onConnections: (count) => metrics.slackConnections(count),
  });
  return {
    pages: inbound.interactions === null ? [] : [slackPage(inbound.interactions)],
    check: () => connectionCheck(inbound, clock),
    start: (signal) => inbound.start(signal),
  };
}

function connectionCheck(inbound: SlackInbound, clock: Clock): DoctorView['checks'][number] | null {
  const connected = inbound.connected();
  if (connected === null) return null;
  const { since, count, problem } = connected;
  const detail =
    since === null
      ? `not connected${problem === null ? ' yet' : `: ${problem}`}; clicks do not arrive`
      : `connected since ${formatDuration(clock.now() - since)}, ${count} ${count === 1 ? 'connection' : 'connections'}`;
  return { name: 'slack clicks', ok: since !== null, detail };
}

/** How long the first waits for others to be journaled in the same commit. */
const gatherMs = 25;

/** Journals what comes within some milliseconds in one commit: a hundred refused clicks are one turn, not a hundred. */
function together({ core }: Engine): (note: Note) => Promise<void> {
  let waiting: Note[] = [];
  let running: Promise<void> | null = null;
  return (note) => {
    waiting.push(note);
    running ??= sleep(core.parts.clock, gatherMs, new AbortController().signal).then(() => {
      const notes = waiting;
      waiting = [];
      running = null;
      return core.turn((turn) => {
        for (const one of notes) turn.note(one);
      });
    });
    return running;
  };
}
