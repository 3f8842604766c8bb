import { randomInt } from 'node:crypto';
import type { HttpClient } from '../clients/http.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Channel } from '../domain/ports/channel.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Actor } from '../domain/command.ts';
import type { Daemon, Tried } from '../domain/ports/daemon.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Engine } from '../engine/engine.ts';
import type { Note } from '../engine/turn.ts';
import { incidentView } from '../engine/views/incident.ts';
import { formatDuration } from '../domain/time.ts';
import type { DeliveryWatch } from '../notify/channel-queue.ts';
import type { Links } from '../notify/compose.ts';
import { Dispatcher } from '../notify/dispatcher.ts';
import { openChannels } from './channels.ts';
import { randomIds } from './ids.ts';
import { linksOf } from './links.ts';
import { tryChannels } from './try-channels.ts';

/** How people are told: the channels, and what carries messages to them. */
export interface Messaging {
  readonly channels: readonly Channel[];
  readonly dispatcher: Dispatcher;
  readonly links: Links;
  /** Sends one message of each kind to each channel, and journals what came of it. */
  readonly test: Daemon['notifyTest'];
}

export interface MessagingParts {
  readonly http: HttpClient;
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  /** The engine, which is made later than what it tells through; null before. */
  readonly engine: () => Engine | null;
}

/** Opens the channels of the configuration. Nothing is sent before the dispatcher starts. */
export async function messagingOf(configuration: Configuration, parts: MessagingParts): Promise<Messaging> {
  const { store, clock, log, engine } = parts;
  const links = linksOf(configuration, parts.vault);
  const channels = await openChannels(configuration, {
    ...parts,
    links,
    view: async (incident) => {
      const made = engine();
      return made === null ? null : incidentView(made.core, incident);
    },
    report: async (incident) => {
      const made = engine();
      if (made === null) return null;
      const { report } = await import('./report.ts');
      return report(made.core, incident);
    },
    directory: () => engine()?.core.book.configuration ?? configuration,
    isSilenced: ({ rule, target }) => engine()?.core.book.silenced(rule, target, clock.now()) ?? false,
  });
  const note = (entry: Note): void => {
    const core = engine()?.core;
    core?.turn((turn) => turn.note(entry)).catch((error: unknown) => core.fail(error));
  };
  const dispatcher = new Dispatcher({
    store,
    channels,
    clock,
    log,
    watch: deliveryWatch(clock, note),
    chance: () => randomInt(2 ** 32) / 2 ** 32,
  });
  const test = async ({ name }: Actor): Promise<readonly Tried[]> => {
    const incident = `test-${randomIds.unguessable().slice(0, 8)}`;
    const tried = await tryChannels({ channels, configuration, clock, incident });
    const said = tried.map(({ channel, ok }) => `${channel} ${ok ? 'ok' : 'failed'}`);
    note({
      type: 'notify.tested',
      message: `${name} had test messages sent: ${said.join(', ')}`,
      facts: { by: name, failed: tried.filter(({ ok }) => !ok).map(({ channel }) => channel) },
    });
    return tried;
  };
  return { channels, dispatcher, links, test };
}

/** What goes wrong with the delivery itself is journaled, and so told by the other channels. */
function deliveryWatch(clock: Clock, note: (entry: Note) => void): DeliveryWatch {
  return {
    failing: (channel, sinceAt, reason) =>
      note({
        type: 'channel.failing',
        message: `no message gets through to ${channel} since ${formatDuration(clock.now() - sinceAt)}: ${reason}`,
        facts: { channel, since: sinceAt },
      }),
    recovered: (channel, sinceAt) =>
      note({
        type: 'channel.recovered',
        message: `messages get through to ${channel} again, after ${formatDuration(clock.now() - sinceAt)}`,
        facts: { channel, since: sinceAt },
      }),
    givenUp: (channel, { key, incident, title }, reason) =>
      note({
        // Only what belongs to an incident is told on: a message about a message could go round in circles.
        type: incident === null ? 'message.dropped' : 'message.given_up',
        message: `a message to ${channel} was given up, which others do get through: ${title}: ${reason}`,
        incident,
        facts: { channel, key },
      }),
  };
}
