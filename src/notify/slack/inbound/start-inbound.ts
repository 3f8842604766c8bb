import type { HttpClient } from '../../../clients/http.ts';
import type { ApproverGrant, Contact, SlackApp } from '../../../domain/notification.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import type { Daemon } from '../../../domain/ports/daemon.ts';
import type { Ids } from '../../../domain/ports/ids.ts';
import type { Interactions } from '../../../domain/ports/interactions.ts';
import type { Log } from '../../../domain/ports/log.ts';
import type { Store } from '../../../domain/ports/store.ts';
import { AskedQuestions } from './asked-questions.ts';
import { Confirmations } from './confirmations.ts';
import type { Remark } from './desk.ts';
import { slackRequests } from './http.ts';
import { Inbound } from './inbound.ts';
import { Members } from './members.ts';
import { slackCalls } from './slack-calls.ts';
import { SlackSocket, type Connected } from './socket.ts';

export interface SlackInboundOptions {
  readonly app: SlackApp;
  readonly daemon: Pick<Daemon, 'asked' | 'execute' | 'status' | 'incidents' | 'incident' | 'plan'>;
  readonly store: Pick<Store, 'receive' | 'answered' | 'unanswered'>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'unguessable'>;
  /** From 0 to 1, anew at each call. */
  readonly chance: () => number;
  readonly log: Log;
  /** As they are now: both can be reloaded. */
  readonly approvers: () => readonly ApproverGrant[];
  readonly contacts: () => readonly Contact[];
  /** Journals what no event of the engine led to. */
  readonly journal: (remark: Remark) => Promise<void>;
  /** The card of an incident shows something else now. */
  readonly refresh: (incident: string) => void;
  /** Counts what came: how it ended, and a word of a closed list that says why. */
  readonly counted: (ended: string, because: string) => void;
  /** There are so many connections now. */
  readonly onConnections: (count: number) => void;
  readonly connections?: number;
  readonly gatherMs?: number;
}

/** People's clicks and commands in Slack, over Socket Mode, over HTTP, or both. */
export interface SlackInbound {
  /** null: nothing is expected over HTTP. */
  readonly interactions: Interactions | null;
  /** null: there is no Socket Mode. */
  connected(): Connected | null;
  /** Takes what was left, then whatever comes, until the signal aborts and what was begun has ended. Never rejects. */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves once nothing is being taken. */
  settled(): Promise<void>;
}

/** Makes it; starts nothing and calls nobody. What arrives before the start is stored and waits. */
export async function slackInbound(options: SlackInboundOptions): Promise<SlackInbound> {
  const { app, daemon, store, clock, log, approvers, contacts, journal, refresh } = options;
  const calls = await slackCalls(options);
  const groups = (): readonly string[] => [...new Set(approvers().flatMap((grant) => grant.groups))];
  const members = new Members({ calls, clock, log, team: app.team, groups });
  const desk = {
    daemon,
    store,
    clock,
    members,
    approvers,
    contacts,
    questions: new AskedQuestions(daemon),
    confirmations: new Confirmations(options),
  };
  const { gatherMs } = options;
  const inbound = new Inbound({
    desk,
    app,
    calls,
    log,
    journal,
    refresh,
    counted: options.counted,
    ...(gatherMs === undefined ? {} : { gatherMs }),
  });
  const socket =
    app.appToken === null
      ? null
      : new SlackSocket({ ...options, inbound, appToken: app.appToken.reveal(), apiUrl: app.apiUrl });
  const counted = (because: string): void => options.counted('forged', because);
  const { signingSecrets: secrets } = app;
  return {
    interactions:
      secrets.length === 0 || socket !== null
        ? null
        : slackRequests({ inbound, secrets, clock, log, journal, counted }),
    connected: () => socket?.connected() ?? null,
    start: async (signal) => {
      await inbound
        .recover()
        .catch((error: unknown) => log.error({ error }, 'clicks that were left could not be read'));
      await Promise.all([members.start(signal), socket?.start(signal)]);
      await inbound.settled();
    },
    settled: () => inbound.settled(),
  };
}
