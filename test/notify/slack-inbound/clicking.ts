import { systemClock } from '../../../src/app/clock.ts';
import { httpClient } from '../../../src/clients/http.ts';
import type { ApproverGrant, Contact, SlackApp } from '../../../src/domain/notification.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { execute } from '../../../src/engine/commands/execute.ts';
import { dryRun } from '../../../src/engine/dry-run.ts';
import { askedView } from '../../../src/engine/views/asked.ts';
import { incidentView } from '../../../src/engine/views/incident.ts';
import { slackInbound, type SlackInbound } from '../../../src/notify/slack/inbound/start-inbound.ts';
import { startServer } from '../../../src/server/server.ts';
import { slackPage } from '../../../src/server/slack-page.ts';
import { FakeDaemon } from '../../fakes/daemon.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { appToken, botToken, fakeSlack, signingSecret } from '../../fakes/slack/slack.ts';
import type { SignedRequest } from '../../fakes/slack/signing.ts';
import { asked } from '../../scenarios/asked.ts';
import type { WatchingOptions } from '../../scenarios/watching.ts';

export interface ClickingOptions {
  readonly approvers?: readonly ApproverGrant[];
  readonly contacts?: readonly Contact[];
  readonly transport?: 'socket' | 'http';
  readonly connections?: number;
  readonly secrets?: readonly string[];
  readonly watching?: WatchingOptions;
  /** Nothing is taken before `begin`; what arrives waits. */
  readonly paused?: boolean;
}

export const everybody: ApproverGrant = {
  users: ['UALICE', 'UBOB'],
  groups: [],
  role: 'approver',
  severities: null,
  targets: null,
  upTo: 'disruptive',
};

/**
 * A daemon that asks whether it may roll shop back, and people in a fake Slack who click: real engine, store, client
 * libraries and server. Time stands still for the daemon unless the test moves it; what waits for Slack waits for real.
 */
export async function clicking(options: ClickingOptions = {}) {
  const { approvers = [everybody], contacts = [], transport = 'socket', secrets = [signingSecret] } = options;
  const w = await asked({}, options.watching);
  const slack = await fakeSlack({ now: () => w.clock.now() });
  for (const name of ['alice', 'bob', 'carol']) slack.person(name);
  const log = new RecordedLog();
  const counts: string[] = [];
  const refreshed: string[] = [];
  const grants = { now: approvers };
  const system = systemClock();
  const clock = {
    now: () => w.clock.now(),
    wall: () => w.clock.now(),
    after: (ms: number, call: () => void) => system.after(ms, call),
  };
  const app: SlackApp = {
    botToken: new Secret(botToken),
    appToken: transport === 'socket' ? new Secret(appToken) : null,
    signingSecrets: transport === 'http' ? secrets.map((secret) => new Secret(secret)) : [],
    channel: slack.workspace.channel,
    team: slack.workspace.team,
    app: slack.workspace.app,
    apiUrl: slack.apiUrl,
  };
  const core = () => w.engine.core;
  const make = (): Promise<SlackInbound> =>
    slackInbound({
      app,
      daemon: {
        asked: (ticket) => askedView(core(), ticket),
        execute: (command, actor) => execute(core(), command, actor),
        status: () => new FakeDaemon().status(),
        incidents: (filter) => w.store.incidents(filter),
        incident: (id) => incidentView(core(), id),
        plan: (request) => dryRun(core(), request),
      },
      store: w.store,
      http: httpClient({ clock }),
      clock,
      ids: { unguessable: () => `confirm-${counts.length}-${refreshed.length}` },
      chance: () => 0,
      log,
      approvers: () => grants.now,
      contacts: () => contacts,
      journal: (remark) => core().turn((turn) => turn.note(remark)),
      refresh: (incident) => void refreshed.push(incident),
      counted: (ended, because) => void counts.push(`${ended}/${because}`),
      onConnections: () => {},
      connections: options.connections ?? 1,
      gatherMs: 1,
    });
  let inbound = await make();
  let abort = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const begin = async (): Promise<void> => {
    running = inbound.start(abort.signal);
    if (transport === 'socket') await slack.sockets.connected(options.connections ?? 1);
  };
  if (options.paused !== true) await begin();
  const server = await startServer({
    daemon: new FakeDaemon(),
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    clock,
    log,
    inbox: w.store,
    version: '0.0.0',
    pages: [
      (app, access) =>
        inbound.interactions === null ? undefined : slackPage(inbound.interactions)(app, access),
    ],
  });
  const { id } = await w.incident();
  const ticket = (await incidentView(core(), id))?.question?.ticket ?? '';
  return {
    w,
    slack,
    log,
    id,
    ticket,
    counts,
    refreshed,
    grants,
    begin,
    get inbound() {
      return inbound;
    },
    /** Clicks a button of the open question over the socket, and waits until it was taken. */
    click: async (
      user: string,
      action = 'approve',
      more: Partial<Parameters<typeof slack.click>[0]> = {},
    ) => {
      const ended = await slack.click({ user, action, value: ticket, ...more });
      await inbound.settled();
      return ended;
    },
    /** Types a command over the socket, and waits until it was taken. */
    type: async (user: string, text: string) => {
      const ended = await slack.type({ user, text });
      await inbound.settled();
      return ended;
    },
    /** Sends a request as Slack does, and waits until it was taken. */
    post: async (
      { body, headers }: SignedRequest,
      path: 'interactions' | 'commands' = 'interactions',
      settles = true,
    ) => {
      const url = `http://127.0.0.1:${server.port}/slack/${path}`;
      const { status } = await fetch(url, { method: 'POST', body, headers });
      if (settles) await inbound.settled();
      return status;
    },
    url: `http://127.0.0.1:${server.port}/slack/`,
    /** What the journal holds of answers that counted, and of those that did not. */
    answers: async () =>
      (await w.journal())
        .filter(({ type }) => type.startsWith('question.') || type === 'answer.refused')
        .map(({ type, message }) => `${type}: ${message}`)
        .slice(1),
    /** The daemon dies and starts again; `inbound` is another one. */
    reborn: async () => {
      abort.abort();
      await running;
      abort = new AbortController();
      inbound = await make();
      await begin();
      while ((await w.store.unanswered('slack', 1)).length > 0) await new Promise(setImmediate);
      await inbound.settled();
    },
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await running;
      await server.close();
      await slack[Symbol.asyncDispose]();
      await w[Symbol.asyncDispose]();
    },
  };
}

export type Clicking = Awaited<ReturnType<typeof clicking>>;
