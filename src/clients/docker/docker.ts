import type { ContainerFacts, ContainerRow, ImageFacts, JsonObject, RestartPolicy } from './facts.ts';
import type { ContainerUse } from './stats.ts';
import type { VolumeFacts } from './volumes.ts';

/** Something that happened to a container. A hint to look, never the truth about it. */
export interface ContainerEvent {
  /** create, start, die, stop, kill, destroy, rename, `health_status: healthy`, … */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly oldName: string | null;
  /** Name of its Compose project, if it has one. */
  readonly project: string | null;
  /** Number of the signal of a `kill`. */
  readonly signal: number | null;
}

/**
 * A Docker engine, as far as it is needed; `dockerCalls` lists the requests behind it.
 *
 * Things that are not there are `null`, not errors. Everything else that goes wrong rejects with a `RollbackError`:
 * `UNREACHABLE` (nothing happened), `REFUSED` and `NOT_FOUND` (the engine said no), `TIMED_OUT`, `ABORTED` and
 * `EFFECT_UNKNOWN` (nobody knows), `ANSWER_INVALID`. Messages never quote environment or command of a container.
 */
export interface Docker {
  /** `unix:///var/run/docker.sock` or the URL of a socket proxy, for messages. */
  readonly endpoint: string;
  version(signal: AbortSignal): Promise<{ readonly version: string; readonly api: string }>;

  /** Containers, running or not, that carry the label (with the value, unless null). */
  labelled(label: string, value: string | null, signal: AbortSignal): Promise<readonly ContainerRow[]>;
  /** Every container, running or not. */
  containers(signal: AbortSignal): Promise<readonly ContainerRow[]>;
  /** By its exact name or full id; the beginning of an id is not taken for a name. */
  container(nameOrId: string, signal: AbortSignal): Promise<ContainerFacts | null>;
  image(reference: string, signal: AbortSignal): Promise<ImageFacts | null>;
  hasNetwork(name: string, signal: AbortSignal): Promise<boolean>;
  hasVolume(name: string, signal: AbortSignal): Promise<boolean>;
  volume(name: string, signal: AbortSignal): Promise<VolumeFacts | null>;

  /** @returns the id of the new container, which is not started */
  create(name: string, body: JsonObject, signal: AbortSignal): Promise<string>;
  connect(network: string, id: string, endpoint: JsonObject, signal: AbortSignal): Promise<void>;
  /** Harmless when it runs already. */
  start(id: string, signal: AbortSignal): Promise<void>;
  /** TERM, then KILL after the grace. Harmless when it is stopped already. */
  stop(id: string, graceMs: number, signal: AbortSignal): Promise<void>;
  restart(id: string, graceMs: number, signal: AbortSignal): Promise<void>;
  rename(id: string, name: string, signal: AbortSignal): Promise<void>;
  setRestartPolicy(id: string, policy: RestartPolicy, signal: AbortSignal): Promise<void>;
  /** Removes a container that does not run, and leaves its volumes. Harmless when it is gone. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  tag(image: string, repository: string, tag: string, signal: AbortSignal): Promise<void>;
  /** Takes a tag away; the image goes with it only when nothing else names or uses it. Harmless when it is gone. */
  untag(reference: string, signal: AbortSignal): Promise<void>;

  /** The last lines of stdout and stderr in the order they were written, at most the last `maxBytes` of them. */
  logs(
    id: string,
    limits: {
      /** Lines at most; all of them unless stated. */
      readonly tail?: number;
      readonly maxBytes: number;
      /** Only what was written since then. */
      readonly since?: number;
      /** Both unless stated; a container with a terminal has only stdout. */
      readonly stream?: 'stdout' | 'stderr';
    },
    signal: AbortSignal,
  ): Promise<string>;
  /** `sampled` waits about a second for the engine's second sample, which `cores` needs. */
  use(id: string, sampled: boolean, signal: AbortSignal): Promise<ContainerUse>;
  /** Calls back for each event of a container. Resolves when the signal aborts, rejects when the stream ends. */
  events(call: (event: ContainerEvent) => void, opened: () => void, signal: AbortSignal): Promise<void>;
}
