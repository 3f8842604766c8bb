import type { Clock } from '../../domain/ports/clock.ts';
import type { Processes } from '../../clients/process/runner.ts';

/** Whether it runs; `identity` is another one once it was started anew, null where nothing tells. */
export type ServiceStand =
  | { readonly runs: true; readonly identity: string | null }
  | { readonly runs: false }
  /** Nobody can tell. */
  | { readonly runs: null; readonly why: string };

/** One way to name what is stopped and started. What cannot be done is a reason; null is success. */
export interface Service {
  /** For people, e.g. `the unit mdm.service`. */
  readonly where: string;
  /** Whether anything can be asked at all. */
  readonly tells: boolean;
  /** What is wrong before anything is touched. */
  problems(): Promise<readonly string[]>;
  look(signal: AbortSignal): Promise<ServiceStand>;
  /** Ends the one with this identity, and nothing else. */
  stop(identity: string | null, opId: string, signal: AbortSignal): Promise<string | null>;
  /** null where nobody said how. */
  readonly start: ((opId: string, signal: AbortSignal) => Promise<string | null>) | null;
  /** Where stopping and starting is one call. */
  readonly restart: ((opId: string, signal: AbortSignal) => Promise<string | null>) | null;
  readonly byHand: {
    readonly stop: readonly string[];
    readonly start: readonly string[];
    readonly restart: readonly string[];
  };
}

export interface ServiceParts {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly hostRoot: string;
}
