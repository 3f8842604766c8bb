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
}

/** Where messages go. At least once, in order. */
export interface Channel {
  readonly name: string;
  /** Rejects with `UNREACHABLE` when it should be tried again (`facts.retryAfterMs` if the other side said so). */
  send(message: Message, signal: AbortSignal): Promise<void>;
}
