import type { Json } from '../json.ts';
import type { IncidentRow } from './store.ts';

/** A message to people, as it lies in the outbox. */
export interface Message {
  /** Deduplication key: the same transition told to the same channel is the same message. */
  readonly key: string;
  readonly channel: string;
  readonly incident: string | null;
  readonly at: number;
  /** One line. */
  readonly title: string;
  /** The rest of the story, in plain text; may be empty. */
  readonly text: string;
  /** Loud: people must act. */
  readonly urgent: boolean;
  /** What it tells of, for channels that show more than text; null where no incident is told of. */
  readonly story: Story | null;
}

/** One transition of an incident, as journaled, and the incident as it was after it. Plain JSON, without secrets. */
export interface Story {
  /** Type of the journal entry: `incident.opened`, `question.asked`, … */
  readonly type: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, Json>>;
  readonly incident: IncidentRow;
}

/** How far the delivery of what is handed in came before. */
export interface Delivery {
  /** Failed attempts at the first of the messages. */
  readonly attempts: number;
  /** An earlier attempt, perhaps of a daemon that was killed, may have got through: look before repeating. */
  readonly inDoubt: boolean;
}

/** Where messages go. At least once, in order. */
export interface Channel {
  readonly name: string;
  /** How many waiting messages of one incident it may be handed at once after it was throttled; 1 unless stated. */
  readonly joins?: number;
  /**
   * Sends messages, all of one incident (or one message of none), oldest first. Rejects with `UNREACHABLE` when it
   * should be tried again (`facts.retryAfterMs` if the other side said so).
   */
  send(
    messages: readonly [Message, ...(readonly Message[])],
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<void>;
  /** What it does beside that, until the signal aborts. Never rejects. */
  run?(signal: AbortSignal): Promise<void>;
  /** Something about an incident changed that no message tells: what it shows of it is to be edited. */
  refresh?(incident: string): void;
}
