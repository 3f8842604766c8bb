import type { Delivery, Message } from '../../src/domain/ports/channel.ts';
import { start } from '../fakes/clock.ts';

export function aMessage(given: Partial<Message>): Message {
  return {
    key: 'i-7k3f9a/incident.opened/1/slack',
    channel: 'slack',
    incident: 'i-7k3f9a',
    at: start,
    title: 'CRITICAL backend i-7k3f9a: opened',
    text: 'rule: layra/api-error-rate',
    urgent: false,
    story: null,
    ...given,
  };
}

/** Nothing was tried before. */
export const first: Delivery = { attempts: 0, inDoubt: false };
