import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startApp, type App } from '../../src/app/app.ts';
import { lookEveryMs } from '../../src/app/follow-files.ts';
import { load } from '../../src/app/load.ts';
import { systemLog } from '../../src/app/log.ts';
import type { Daemon, StatusView } from '../../src/domain/ports/daemon.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { settle, SimulatedClock } from '../fakes/clock.ts';

/** A rule on the host that reads below any threshold over 100 %. */
export const rules = (threshold: string): string => `rules:
  full:
    scope: host
    every: 10s
    disk: { path: / }
    levels: { medium: { below: ${threshold}, for: 1h } }
`;

export const playbooks = 'playbooks: { restart: { steps: [{ wait: { for: 1s } }] } }\n';

/** Counts how often the files were about to be looked at again. */
class CountingClock extends SimulatedClock {
  looks = 0;

  override after(delayMs: number, call: () => void): () => void {
    if (delayMs === lookEveryMs) this.looks += 1;
    return super.after(delayMs, call);
  }
}

/** A daemon on a simulated clock, and the files that it was started from. */
export class Running {
  readonly folder = mkdtempSync(join(tmpdir(), 'rollbackd-follow-'));
  readonly clock = new CountingClock();
  /** What was journaled about the configuration. */
  readonly journal: string[] = [];
  #app: App | null = null;

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.write('packs/host/rules.yaml', rules('101%'));
    this.write('packs/host/playbooks.yaml', playbooks);
    this.write('token', 'first-token\n');
    this.main();
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), text);
  }

  /** Writes the main file, with lines of the test's own at its end. */
  main(more = '', packs = ['host']): void {
    this.write(
      'rollbackd.yaml',
      `version: 1
store: sqlite:state/rollbackd.db
listen: 127.0.0.1:0
include: [${packs.map((pack) => `packs/${pack}`).join(', ')}]
tokens: [{ name: alice, role: admin, token: { file: ${this.at('token')} } }]
targets: { shop: { link: ${this.at('current')}, rules: [${packs.join(', ')}], playbook: restart } }
${more}`,
    );
  }

  async start(meanwhile: () => void = () => {}): Promise<this> {
    const { clock } = this;
    const path = this.at('rollbackd.yaml');
    const loaded = await load(path, { clock, environment: {} });
    if (!loaded.ok) throw new Error(loaded.problems[0]?.message);
    const { configuration } = loaded;
    meanwhile();
    const log = systemLog({ clock, configuration, level: 'error', write: () => {} });
    const onEntry = ({ type, message }: { type: string; message: string }): void => {
      if (type.startsWith('config.'))
        this.journal.push(`${type}: ${message.replaceAll(`${this.folder}/`, '')}`);
    };
    const onFatal = (error: unknown): void => void this.journal.push(`fatal: ${String(error)}`);
    const surroundings = { clock, environment: {}, configuration, path, log, version: '0.0.0-test' };
    this.#app = await startApp({ ...surroundings, onFatal, onEntry });
    while (clock.looks === 0) await settle();
    return this;
  }

  /** Lets so many looks at the files pass, each with all that follows from it. */
  async looks(times: number): Promise<void> {
    for (let look = 0; look < times; look++) {
      const before = this.clock.looks;
      await this.clock.advance(lookEveryMs);
      while (this.clock.looks === before) await settle();
    }
  }

  /** Where its API listens. */
  get url(): string {
    return this.#app?.url ?? '';
  }

  get daemon(): Daemon {
    if (this.#app === null) throw new Error('not started');
    return this.#app.daemon;
  }

  status(): Promise<StatusView> {
    return this.daemon.status();
  }

  /** Whether the API knows a token. */
  async knows(token: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${this.#app?.url}/api/v1/incidents`, { headers });
    return answer.status === 200;
  }

  /** Ends the daemon; it may be started again on the same files. */
  async stop(): Promise<void> {
    const stopped = this.#app?.stop(0);
    await this.clock.advance(MINUTE);
    await stopped;
    this.clock.looks = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
