import { expect } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import type { SlackApp } from '../../../src/domain/notification.ts';
import type { Message } from '../../../src/domain/ports/channel.ts';
import type { IncidentView, Report } from '../../../src/domain/ports/daemon.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { slackAppChannel, type SlackAppChannel } from '../../../src/notify/slack/app-channel.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { botToken, fakeSlack } from '../../fakes/slack/slack.ts';
import { contacts, stages } from '../cards/stages.ts';

/** The incident of the stages of a card. */
export const incident = 'i-7k3f9a';

/** A channel of the real client over a fake Slack, a store in memory, and an incident that stands where the test says. */
export async function talking() {
  const slack = await fakeSlack();
  const clock = new SimulatedClock();
  const log = new RecordedLog();
  const posts = new Map<string, Json>();
  const store = {
    post: (channel: string, id: string) => Promise.resolve(posts.get(`${channel} ${id}`) ?? null),
    putPost: (channel: string, id: string, place: Json) => {
      if (state.storeFails) return Promise.reject(new Error('killed'));
      posts.set(`${channel} ${id}`, place);
      return Promise.resolve();
    },
  };
  const state: { now: IncidentView | null; report: Report | null; storeFails: boolean } = {
    now: viewAt('opened'),
    report: null,
    storeFails: false,
  };
  const open = (timeoutMs = 5_000, token = botToken) =>
    slackAppChannel({
      app: appOf(slack, token),
      store,
      view: () => Promise.resolve(state.now),
      report: () => Promise.resolve(state.report),
      contacts: () => contacts,
      page: () => null,
      clock,
      log,
      timeoutMs,
    });
  return {
    slack,
    clock,
    log,
    state,
    posts,
    open,
    /** The incident is in a stage now. */
    is: (stage: string) => {
      state.now = viewAt(stage);
    },
    /** Messages in the channel itself, by their titles; whether they were edited. */
    cards: () =>
      slack.workspace.cards().map((post) => `${titleOf(post.blocks)}${post.edits === 0 ? '' : ', edited'}`),
    /** What stands in the thread of a card, by the first lines. */
    thread: (card = 0) => {
      const { ts = '' } = slack.workspace.cards()[card] ?? {};
      return slack.workspace.thread(ts).map(({ text, broadcast }) => `${broadcast ? 'LOUD ' : ''}${text}`);
    },
    /** Lets time pass until no edit is under way or due. */
    rested: async (channel: SlackAppChannel) => {
      let idle = false;
      const resting = channel.refreshed().then(() => (idle = true));
      await expect
        .poll(
          async () => {
            await clock.advance(1_000);
            return idle;
          },
          { timeout: 10_000, interval: 5 },
        )
        .toBe(true);
      await resting;
    },
    /** Somebody deletes a message. */
    remove: (card: number) => {
      const { ts } = slack.workspace.cards()[card] ?? {};
      const index = slack.workspace.posts.findIndex((post) => post.ts === ts);
      slack.workspace.posts.splice(index, 1);
    },
    [Symbol.asyncDispose]: () => slack[Symbol.asyncDispose](),
  };
}

/** The app as the workspace of a fake Slack knows it. */
export function appOf(
  { workspace: { channel, team, app }, apiUrl }: Awaited<ReturnType<typeof fakeSlack>>,
  token = botToken,
): SlackApp {
  return { botToken: new Secret(token), appToken: null, signingSecrets: [], channel, team, app, apiUrl };
}

export function viewAt(stage: string): IncidentView {
  const view = stages[stage];
  if (view === undefined) throw new Error(`there is no stage ${stage}`);
  return view.incident;
}

/** A message that tells of a transition of the incident. */
export function telling(type: string, given: Partial<Message> = {}): Message {
  return {
    key: `${incident}/${type}/1/slack`,
    channel: 'slack',
    incident,
    at: 1,
    title: type,
    text: `more about ${type}`,
    urgent: true,
    story: { type, message: type, facts: {}, incident: viewAt('opened') },
    ...given,
  };
}

/** Headers, or the first words where there is none. */
function titleOf(blocks: readonly Record<string, unknown>[]): string {
  const header = blocks.find(({ type }) => type === 'header') as { text: { text: string } } | undefined;
  return header?.text.text ?? 'a message';
}

export const first = { attempts: 0, inDoubt: false };
export const again = { attempts: 1, inDoubt: true };
export const never = new AbortController().signal;
