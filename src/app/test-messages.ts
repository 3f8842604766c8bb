import { noMarks } from '../domain/incident.ts';
import type { Audience } from '../domain/notification.ts';
import type { Message } from '../domain/ports/channel.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { announce } from '../notify/announcement.ts';
import { compose, noLinks, type Telling } from '../notify/compose.ts';

/** An incident that never was, by which channels are tried. */
export interface Trial {
  readonly channel: string;
  readonly audience: Audience;
  /** Unique: what came of one trial is told apart from the next. */
  readonly incident: string;
  readonly at: number;
}

/** One message of each kind that the channel is there for: opened, question and closed; or an announcement. */
export function testMessages({ channel, audience, incident, at }: Trial): readonly Message[] {
  if (audience === 'external') return [announcement(incident, channel, at)].filter((made) => made !== null);
  const opened: IncidentRow = {
    id: incident,
    target: 'TEST',
    severity: 'high',
    rule: 'test/none',
    state: 'judging',
    outcome: null,
    reason: 'TEST: nothing is wrong',
    openedAt: at,
    closedAt: null,
    marks: { ...noMarks, breachedAt: at - MINUTE, detectedAt: at },
  };
  const asking: IncidentRow = { ...opened, state: 'asking', marks: { ...opened.marks, askedAt: at } };
  const closed: IncidentRow = { ...opened, state: 'closed', outcome: 'withdrawn', closedAt: at };
  return [
    telling(channel, opened, {
      type: 'incident.opened',
      message: 'TEST: this is how an incident is told. Nothing is wrong, nothing will be done',
      facts: { detail: '61.2% of requests', condition: 'above 50% for 1m', since: at - MINUTE, firedAt: at },
    }),
    telling(channel, asking, {
      type: 'question.asked',
      message: 'TEST: this is how you are asked. There is nothing to answer',
      facts: { from: 'shop:2 (r-2)', to: 'shop:1 (r-1)', steps: ['nothing'], dueAt: at + 15 * MINUTE },
    }),
    telling(channel, closed, {
      type: 'incident.closed',
      message: 'TEST: this is how an incident ends',
      facts: { outcome: 'withdrawn', from: 'shop:2 (r-2)', to: 'shop:1 (r-1)' },
    }),
  ].map((transition, index) =>
    compose({ ...transition, transition: { ...transition.transition, at: at + index } }),
  );
}

function telling(
  channel: string,
  incident: IncidentRow,
  transition: Pick<NewEntry, 'type' | 'message' | 'facts'>,
): Telling {
  return {
    transition: { ...transition, at: incident.openedAt },
    incident,
    channel,
    contacts: [],
    matter: 'service',
    links: noLinks,
  };
}

function announcement(incident: string, channel: string, at: number): Message | null {
  const text = 'TEST: this is how you are told when something breaks. Nothing is wrong.';
  const facts = { communication: 'test/none', audience: 'external', number: 1, text };
  return announce({ at, incident, target: 'TEST', type: 'announcement', message: 'TEST', facts }, channel);
}

/** How long one channel may take for all of them; whoever asked waits for half a minute. */
export const trialMs = 20 * SECOND;
