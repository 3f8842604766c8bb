import type { Crontab } from '../domain/ports/crontab.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Variables } from '../domain/variables.ts';
import type { Findings } from './place.ts';
import type { ReadFile } from './read-text.ts';

/** Everything from outside that reading a configuration may ask. */
export interface ReadingContext {
  readonly sources: Sources;
  readonly drivers: Drivers;
  readonly crontab: Crontab;
  readonly environment: Variables;
  readonly readFile: ReadFile;
  /** Name of this machine, for targets and rules that state no host. */
  readonly hostname: string;
  /** Folder of the main file, absolute: relative paths start here. */
  readonly folder: string;
  /** The same folder as the person wrote it, for the names of files in problems. */
  readonly shownFolder: string;
  readonly findings: Findings;
}
