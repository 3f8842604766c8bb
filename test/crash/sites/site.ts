import type { Act } from '../act.ts';

/** One kind of production: a thing that runs release 1 or release 2. */
export interface Site {
  /** What the configuration says of the target; its name is `Site.name`. */
  readonly name: string;
  readonly target: object;
  /** Keys that the main file needs for it. */
  readonly settings: object;
  /** What a backup set is made of while release 1 runs; none where it is missing. */
  readonly recipe?: string;
  /** The Docker volume that steps work on. */
  readonly volume?: string;
  deploy(release: 1 | 2): Promise<void>;
  /** The release that runs; null when none or another one does. */
  serves(): Promise<1 | 2 | null>;
  /** Puts back what does not lie in the folder: release 2 runs, and nothing has been done to it. */
  reset(): Promise<void>;
  /** What was done to it since `reset`, by its own memory. */
  acts(): Promise<readonly Act[]>;
  /** What holds writes off at this moment, or does not run, each as people are told of it. */
  held?(): Promise<readonly string[]>;
  /** Of a server with flags and switches. */
  readonly url?: string;
  /** What its own programs are carrying out at this moment. */
  atWork?(): readonly string[];
  /** Ends what it started. */
  close?(): Promise<void>;
}
