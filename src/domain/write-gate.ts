/** Asks a write gate to hold writes off, or to go on doing so. A hold is a lease: it ends by itself. */
export interface QuiesceRequest {
  /** Of the holder: only the same id renews and releases. */
  readonly id: string;
  /** How long it holds unless it is renewed, in ms; the gate's own dead-man time is the most. */
  readonly forMs: number;
  /** What writers are told; the gate's own message unless stated. */
  readonly message: string | null;
  /** How long the answer may wait for writes that are under way, in ms. */
  readonly drainMs: number;
}

/** What a write gate says of itself: `GET /state` of its control listener, and the answer to every change. */
export interface GateState {
  readonly quiesced: boolean;
  /** Id of who holds writes off; null while writes pass. */
  readonly holder: string | null;
  /** When it opens by itself, epoch ms; null while writes pass. */
  readonly until: number | null;
  readonly message: string | null;
  /** Writes that have reached the service, and whose answer has not ended yet. */
  readonly writesUnderWay: number;
  /** The last holder, and how its hold ended. */
  readonly last: GateEnd | null;
  /** The longest that it holds without being renewed, in ms. */
  readonly deadManMs: number;
}

/** How a hold ended: its holder released it, or it ran out without being renewed. */
export interface GateEnd {
  readonly id: string;
  readonly at: number;
  readonly how: 'released' | 'opened by itself';
}

/** Fits an `op_id` and what people write: printable, without spaces. */
export const holderPattern = /^[!-~]{1,200}$/;

/** The longest message for writers, in characters. */
export const longestMessage = 500;

/** What the runbook tells writers while writes are held off. */
export const maintenanceMessage = 'System undergoing maintenance. Please try again in a few minutes.';
