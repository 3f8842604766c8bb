import { messageOf } from '../domain/errors.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Channel } from '../domain/ports/channel.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Tried } from '../domain/ports/daemon.ts';
import { audienceOf } from '../domain/routes.ts';
import { counted } from './counted.ts';
import { testMessages, trialMs } from './test-messages.ts';

export interface Trials {
  readonly channels: readonly Channel[];
  readonly configuration: Pick<Configuration, 'channels'>;
  readonly clock: Clock;
  /** Of the incident that never was; unique. */
  readonly incident: string;
}

/** Sends one message of each kind to each channel, all channels at once, past outbox and routes. Never rejects. */
export function tryChannels(trials: Trials): Promise<readonly Tried[]> {
  return Promise.all(trials.channels.map((channel) => tryChannel(channel, trials)));
}

async function tryChannel(channel: Channel, { configuration, clock, incident }: Trials): Promise<Tried> {
  const { name } = channel;
  const audience = audienceOf(name, configuration.channels);
  const messages = testMessages({ channel: name, audience, incident, at: clock.now() });
  const late = new AbortController();
  const cancel = clock.after(trialMs, () => late.abort());
  let sent = 0;
  try {
    for (const message of messages) {
      await channel.send([message], { attempts: 0, inDoubt: false }, late.signal);
      sent++;
    }
    return { channel: name, ok: true, detail: `${counted(sent, 'message')} sent` };
  } catch (error) {
    return { channel: name, ok: false, detail: `after ${counted(sent, 'message')}: ${messageOf(error)}` };
  } finally {
    cancel();
  }
}
