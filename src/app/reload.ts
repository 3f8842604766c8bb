import type { Configuration } from '../domain/configuration.ts';
import type { CommandAnswer } from '../domain/ports/daemon.ts';
import { canonical } from '../domain/json.ts';
import type { LoadedConfiguration } from '../config/load-configuration.ts';
import { formatProblems } from '../config/format-problems.ts';
import type { Reload } from '../record/metrics.ts';
import type { Engine } from '../engine/engine.ts';
import type { Surroundings } from './connections.ts';
import { load } from './load.ts';
import { Reads } from './reads.ts';
import { storeLimits } from './scraping.ts';

export interface ReloaderOptions extends Surroundings {
  readonly path: string;
  readonly engine: Engine;
  /** Hears of each reload: whether it is in force. */
  readonly reloaded: (reload: Reload) => void;
}

/** What cannot be swapped in a running daemon: it holds connections and files made from these. */
const fixed = [
  'store',
  'stateDir',
  'listen',
  'prometheus',
  'docker',
  'channels',
  'publicUrl',
  'hostRoot',
  'haltFile',
  'allowedPrograms',
  'fileRoots',
  'dataStores',
  'backups',
  'gitProtocols',
  'retention',
] as const;

/** Everything that can fail comes first; then the swap; else the old configuration stays and says so. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #loadedAt: number;
  #lastReloadFailed: string | null = null;
  /** What the last look read; null before the first. */
  #reads: Reads | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  /** Told of a configuration that is in force now. */
  onLoaded: (configuration: Configuration) => void = () => {};

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#loadedAt = options.clock.now();
  }

  loaded(): { readonly loadedAt: number; readonly lastReloadFailed: string | null } {
    return { loadedAt: this.#loadedAt, lastReloadFailed: this.#lastReloadFailed };
  }

  /** Takes over what the files hold, changed or not. */
  reload(): Promise<CommandAnswer> {
    return this.#inTurn(async () => {
      const { loaded } = await this.#look();
      return this.#take(loaded);
    });
  }

  /** The same if they hold something else than at the last look; broken content is so reported once. */
  follow(): Promise<CommandAnswer | null> {
    return this.#inTurn(async () => {
      const before = this.#reads;
      const { loaded, reads } = await this.#look();
      const same = before === null ? this.#isInForce(loaded) : reads.content() === before.content();
      return same ? null : this.#take(loaded);
    });
  }

  /** The files of the last look, as they were then and as they are now. */
  marks(): string {
    return this.#reads?.marks() ?? '';
  }

  marksNow(): Promise<string> {
    return this.#reads?.marksNow() ?? Promise.resolve('');
  }

  /** One look after the other: two that cross could take over the older content last. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => {});
    return result;
  }

  async #look(): Promise<{ readonly loaded: LoadedConfiguration; readonly reads: Reads }> {
    const reads = new Reads();
    const loaded = await load(this.#options.path, this.#options, reads.readFile);
    this.#reads = reads;
    return { loaded, reads };
  }

  #isInForce(loaded: LoadedConfiguration): boolean {
    return loaded.ok && loaded.configuration.digest === this.#options.engine.core.book.configuration.digest;
  }

  async #take(loaded: LoadedConfiguration): Promise<CommandAnswer> {
    const { engine, clock, reloaded } = this.#options;
    const problem = loaded.ok ? this.#needsRestart(loaded.configuration) : formatProblems(loaded.problems);
    if (!loaded.ok || problem !== null) return this.#refuse(problem ?? 'it could not be read');
    await engine.reconfigure(loaded.configuration);
    this.onLoaded(loaded.configuration);
    this.#loadedAt = clock.now();
    this.#lastReloadFailed = null;
    const { digest, environment } = loaded.configuration;
    reloaded({ ended: 'loaded', digest, environment });
    return {
      accepted: true,
      message: `configuration ${loaded.configuration.digest.slice(0, 12)} is in force`,
      incident: null,
    };
  }

  async #refuse(problem: string): Promise<CommandAnswer> {
    const { engine, path, reloaded } = this.#options;
    this.#lastReloadFailed = problem;
    reloaded({ ended: 'failed' });
    await engine.core.turn((turn) =>
      turn.note({
        type: 'config.refused',
        message: `${path} was not taken over, the old configuration stays: ${problem}`,
      }),
    );
    return { accepted: false, message: `the old configuration stays in force:\n${problem}`, incident: null };
  }

  #needsRestart(next: Configuration): string | null {
    const { configuration } = this.#options.engine.core.book;
    const changed = fixed
      .filter((key) => canonical(revealing(next[key])) !== canonical(revealing(configuration[key])))
      .map(asWritten);
    const kept = [next, configuration].map(({ scrape }) => canonical(storeLimits(scrape)));
    if (kept[0] !== kept[1]) changed.push('scrape.retention or scrape.max_series');
    return changed.length === 0 ? null : `${changed.join(', ')} changed, which needs a restart of the daemon`;
  }
}

/** The word for it in the main file. */
function asWritten(key: (typeof fixed)[number]): string {
  if (key === 'channels') return 'slack, email, webhooks or alertmanager';
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Secrets compare by their value, so that a rotated one is noticed. */
function revealing(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('reveal' in value && typeof value.reveal === 'function')
    return (value.reveal as () => string).call(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revealing(member)]));
}
