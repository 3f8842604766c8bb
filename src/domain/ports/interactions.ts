/**
 * What the buttons under a question are called (`action_id`). The value of each is the id of the question's ticket and
 * nothing else; `view` may also carry an incident's id.
 */
export const clickActions = ['approve', 'reject', 'hand_over', 'prolong', 'view'] as const;
export type ClickAction = (typeof clickActions)[number];

/** A request that came over HTTP from who says to be Slack, as it arrived. */
export interface SignedRequest {
  readonly kind: 'interactions' | 'commands';
  /** Bytes as they came: the signature is over these. */
  readonly body: Buffer;
  /** `x-slack-signature` and `x-slack-request-timestamp`; null where there was none, or more than one. */
  readonly signature: string | null;
  readonly timestamp: string | null;
}

/** What is said back at once. */
export interface ReceivedAnswer {
  readonly status: 200 | 400 | 401 | 429 | 503;
  readonly body: string;
}

/** Takes clicks and commands that people make in Slack, when Slack posts them to the API. */
export interface Interactions {
  /** Resolves once what was sent is durable, or was refused. Never rejects. */
  receive(request: SignedRequest): Promise<ReceivedAnswer>;
}
