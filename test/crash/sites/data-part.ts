import type { Watched } from './watched.ts';

/** One kind of data of a site: a store, a switch, a process. */
export interface DataPart {
  /** Of `data_stores`. */
  readonly stores: object;
  readonly watched: readonly Watched[];
  /** As it is while release 1 runs. */
  lay(): Promise<void>;
  /** What release 2 makes of it. */
  spoil(): Promise<void>;
  /** What holds writes off at this moment, or does not run. */
  held(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What few parts have. */
export const plainPart = {
  stores: {},
  lay: async () => {},
  spoil: async () => {},
  held: async (): Promise<readonly string[]> => [],
  close: async () => {},
};

/** A thing that nobody uses, and that needs nothing to be as it was. */
export const plainWatched: Omit<Watched, 'step' | 'look'> = {
  used: null,
  use: async () => {},
  reset: async () => {},
};
