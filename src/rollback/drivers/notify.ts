import { z } from 'zod';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Message } from '../../domain/ports/channel.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { SECOND } from '../../domain/time.ts';

const schema = z.strictObject({
  message: z.string().min(1).max(2_000).describe('What people are told'),
  channel: z.string().min(1).optional().describe('Every channel when it is left out'),
});
export type NotifyOptions = z.output<typeof schema>;

export interface NotifyParts {
  readonly clock: Clock;
  /** Names of the channels there are. */
  readonly channels: readonly string[];
  /** Lays messages into the outbox, which takes each `key` only once. */
  readonly tell: (messages: readonly Message[], signal: AbortSignal) => Promise<void>;
}

/** Tells people something in the middle of a plan. The effect's id is the key, so it is told once. */
export function notifyDriver(parts: NotifyParts): Driver<NotifyOptions> {
  return {
    kind: 'notify',
    effect: 'cas',
    risk: 'safe',
    options: schema,
    deadlineMs: 30 * SECOND,
    needsRelease: false,
    read: async () => ({ identity: 'outbox', detail: { channels: parts.channels } }),
    async preflight(step) {
      const { channel } = schema.parse(step.options);
      if (channel === undefined || parts.channels.includes(channel)) return [];
      const known =
        parts.channels.length === 0 ? 'none is configured' : `there are ${parts.channels.join(', ')}`;
      return [{ level: 'refuse', message: `no channel is called ${channel}; ${known}` }];
    },
    describe(step) {
      const { message, channel } = schema.parse(step.options);
      return `tell ${channel ?? 'every channel'}: ${message}`;
    },
    async apply(step, opId, signal) {
      const messages = messagesOf(step, opId, parts);
      await parts.tell(messages, signal);
      return {
        ended: 'done',
        detail: `told ${messages.map(({ channel }) => channel).join(', ') || 'nobody'}`,
      };
    },
    // The outbox refuses a second message under the same key, so telling again is always harmless.
    probe: async () => 'not_done',
    undo: async () => ({ ended: 'done', detail: 'what was said is not taken back' }),
    byHand: (step) => [`# tell people: ${schema.parse(step.options).message.replaceAll('\n', ' ')}`],
  };
}

function messagesOf(step: Step, opId: string, parts: NotifyParts): Message[] {
  const { message, channel } = schema.parse(step.options);
  const [title = '', ...rest] = message.split('\n');
  return (channel === undefined ? parts.channels : [channel]).map((name) => ({
    key: opId,
    channel: name,
    incident: step.incident,
    at: parts.clock.now(),
    title,
    text: rest.join('\n'),
    urgent: false,
    story: null,
  }));
}
