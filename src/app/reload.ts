import type { Configuration } from '../domain/configuration.ts';
import type { CommandAnswer } from '../domain/ports/daemon.ts';
import { canonical } from '../domain/json.ts';
import { formatProblems } from '../config/format-problems.ts';
import type { Reload } from '../record/metrics.ts';
import type { Engine } from '../engine/engine.ts';
import type { Surroundings } from './connections.ts';
import { load } from './load.ts';

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
  'slack',
  'hostRoot',
  'haltFile',
  'allowedPrograms',
  'gitProtocols',
  'retention',
] as const;

/** Everything that can fail comes first; then the swap; else the old configuration stays and says so. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #loadedAt: number;
  #lastReloadFailed: string | null = null;
  /** Told of a configuration that is in force now. */
  onLoaded: (configuration: Configuration) => void = () => {};

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#loadedAt = options.clock.now();
  }

  loaded(): { readonly loadedAt: number; readonly lastReloadFailed: string | null } {
    return { loadedAt: this.#loadedAt, lastReloadFailed: this.#lastReloadFailed };
  }

  async reload(): Promise<CommandAnswer> {
    const { path, engine, clock, reloaded } = this.#options;
    const loaded = await load(path, this.#options);
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
    const changed = fixed.filter(
      (key) => canonical(revealing(next[key])) !== canonical(revealing(configuration[key])),
    );
    return changed.length === 0 ? null : `${changed.join(', ')} changed, which needs a restart of the daemon`;
  }
}

/** Secrets compare by their value, so that a rotated one is noticed. */
function revealing(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('reveal' in value && typeof value.reveal === 'function')
    return (value.reveal as () => string).call(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revealing(member)]));
}
