import type { Sighting } from '../release.ts';
import type { Target } from '../target.ts';

/** Learns which release of a target runs. One for each kind of target: `container`, `link`, `repository`, `stack`, `swarm`, `schema`. */
export interface Observer {
  readonly kind: 'container' | 'link' | 'repository' | 'stack' | 'swarm' | 'schema';
  /** Whether this observer can see the target. */
  sees(target: Target): boolean;
  /**
   * What is there now.
   *
   * Rejects with a `RollbackError` when it cannot look; a failed look is never taken for a change.
   */
  look(target: Target, signal: AbortSignal): Promise<Sighting>;
  /** Calls back with the name of a target that may have changed, until the signal aborts; a hint only. */
  watch?(targets: readonly Target[], changed: (target: string) => void, signal: AbortSignal): Promise<void>;
}

/** Keeps what a rollback needs from being pruned: image tags and pinning containers. */
export interface Keeper {
  /** Makes sure that the release can be rolled back to later. Harmless to repeat. */
  pin(target: Target, sealedOrComponents: PinnedRelease, signal: AbortSignal): Promise<void>;
  /** False: what the release needs is gone. */
  present(target: Target, release: PinnedRelease, signal: AbortSignal): Promise<boolean>;
  /** Lets go of every release of the target that is not to be kept, and of replaced things past their retention. */
  prune(target: Target, keep: Kept, now: number, signal: AbortSignal): Promise<readonly string[]>;
}

/** What is still needed of a target. */
export interface Kept {
  /** Ids of releases. */
  readonly releases: readonly string[];
  /** When its last incident ended: replaced things are kept from then on; null while one is open, and all of them stay. */
  readonly settledAt: number | null;
}

export interface PinnedRelease {
  readonly id: string;
  readonly components: readonly {
    readonly kind: string;
    readonly value: string;
    readonly label: string;
    readonly images?: readonly string[];
  }[];
}
