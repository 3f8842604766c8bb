import { crontab } from '../../src/clients/crontab.ts';
import { decider } from '../../src/decide/decider.ts';
import { promqlSource } from '../../src/detect/sources/promql.ts';
import { Detector } from '../../src/detect/detector.ts';
import type { Configuration } from '../../src/domain/configuration.ts';
import { knownEnvironments } from '../../src/domain/environment.ts';
import { digest, type Json } from '../../src/domain/json.ts';
import type { Playbook } from '../../src/domain/playbook.ts';
import type { Arrivals } from '../../src/domain/ports/arrivals.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { Actor, Command } from '../../src/domain/command.ts';
import type { CommandAnswer } from '../../src/domain/ports/daemon.ts';
import type { Driver, Drivers } from '../../src/domain/ports/driver.ts';
import type { Keeper } from '../../src/domain/ports/observer.ts';
import type { Orphans } from '../../src/domain/ports/orphans.ts';
import type { Commit, Entry, IncidentRow, OutboxRow, Store } from '../../src/domain/ports/store.ts';
import type { Level, Rule, Severity } from '../../src/domain/rule.ts';
import type { Target } from '../../src/domain/target.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { execute } from '../../src/engine/commands/execute.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Parts } from '../../src/engine/parts.ts';
import { ledgerRow } from '../../src/record/ledger.ts';
import { registry } from '../../src/releases/registry.ts';
import { planner } from '../../src/rollback/planner.ts';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { tell } from '../../src/app/telling.ts';
import { ledgerInput } from '../../src/app/ledger-input.ts';
import { confirmer } from '../../src/verify/confirmer.ts';
import { verifier } from '../../src/verify/verifier.ts';
import { SimulatedClock, start } from '../fakes/clock.ts';
import { Remembering } from '../fakes/remembering.ts';
import { World } from '../fakes/world.ts';

/** A level as a case needs it: what is not said is ordinary. */
export interface LevelOptions extends Partial<Omit<Level, 'condition' | 'severity'>> {
  readonly above?: number;
  readonly forMs?: number;
  readonly failures?: number;
  /** Instead of these three. */
  readonly condition?: Level['condition'];
}

export interface RuleOptions extends Partial<Omit<Rule, 'levels' | 'name'>> {
  readonly measure?: string;
  readonly probe?: string;
  readonly levels: Partial<Record<Severity, LevelOptions>>;
}

export interface WatchingOptions {
  readonly mode?: Configuration['mode'];
  readonly targets?: Readonly<Record<string, Partial<Target>>>;
  readonly rules?: Readonly<Record<string, RuleOptions>>;
  readonly playbooks?: Readonly<Record<string, Partial<Playbook>>>;
  readonly configuration?: Partial<Configuration>;
  readonly drivers?: (world: World) => readonly Driver[];
  readonly keeper?: Keeper;
  /** None unless stated. */
  readonly backupSet?: Parts['backupSet'];
  /** What a killed daemon left running; nothing unless stated. */
  readonly orphans?: Orphans;
  /** How long v1 runs before the test begins; 20 m, in which it bakes, unless stated. */
  readonly warmUpMs?: number;
}

/** When a daemon dies: right before or right after its commit of this number, counted from now. */
export interface Kill {
  readonly commit: number;
  readonly side: 'before' | 'after';
}

export const alice: Actor = { name: 'alice', role: 'approver' };
export const bob: Actor = { name: 'bob', role: 'approver' };
export const carol: Actor = { name: 'carol', role: 'dba' };

/** A CRITICAL rule on the share of errors: above 50 % for a minute, read every ten seconds. */
const errorRate: RuleOptions = { measure: 'errors', levels: { critical: { above: 0.5, forMs: MINUTE } } };

/**
 * The whole daemon without its edges: real detection, decisions, machines, store and releases, on a simulated clock,
 * watching a small production. `shop` runs v1, proven good, until the test deploys something else.
 */
export async function watching(options: WatchingOptions = {}): Promise<Watching> {
  const scenario = new Watching(options);
  await scenario.open();
  for (const target of Object.keys(scenario.configuration.targets)) scenario.world.deploy(target, 'v1');
  await scenario.wait(options.warmUpMs ?? 20 * MINUTE);
  return scenario;
}

export class Watching {
  readonly clock = new SimulatedClock(start, 1);
  readonly world = new World(this.clock);
  readonly messages: string[] = [];
  halted: string | null = null;
  fatal: Error | null = null;
  configuration: Configuration;
  engine!: Engine;
  readonly #options: WatchingOptions;
  /** A Prometheus outlives the daemon. */
  readonly #remembering: Remembering;
  /** Everything the daemon stored, oldest first. */
  readonly commits: Commit[] = [];
  #store!: Store;
  #severed: Severing = { severed: false, kill: null, killAfter: null };

  constructor(options: WatchingOptions) {
    this.#options = options;
    this.configuration = configure(options);
    this.#remembering = new Remembering(this.world, Object.keys(this.configuration.targets), this.clock);
  }

  async open(): Promise<void> {
    this.#store = await openSqliteStore({ path: ':memory:', clock: this.clock });
    await this.#begin();
  }

  async #begin(killAfter?: string): Promise<void> {
    this.#severed = { severed: false, kill: null, killAfter: killAfter ?? null };
    this.engine = new Engine(
      this.#parts(
        severable(this.#store, this.#severed, this.commits),
        severableClock(this.clock, this.#severed),
      ),
      this.configuration,
      (error) => {
        this.fatal ??= error instanceof Error ? error : new Error(String(error));
      },
    );
    await this.engine.start();
    await this.wait(0);
  }

  #parts(store: Store, clock: Clock): Parts {
    const { world } = this;
    const releases = registry();
    const arrivals: Arrivals = { of: (target) => releases.arrival(target) };
    const answerer = this.#remembering;
    const sources = {
      measure: world.source('measure'),
      probe: world.source('probe'),
      prometheus: promqlSource({ kind: 'prometheus', answerer, clock, arrivals }),
    };
    const deploys = {
      inGrace: (target: string) => releases.inGrace(target, clock.now()),
      deploying: (target: string) => releases.deploying(target, clock.now()),
      watchedClosely: (target: string) => (releases.migrating(target, clock.now())?.again ?? null) !== null,
    };
    const drivers = driversOf(world, this.#options);
    const ids = { i: 0 };
    return {
      clock,
      ids: {
        next: (prefix) => `${prefix}-${(ids[prefix] += 1)}-${clock.now() % 1_000_000_000}`,
        unguessable: () => `ticket-${(ids.i += 1)}-${clock.now() % 1_000_000_000}`,
      },
      store,
      detection: new Detector({ clock, sources, deploys }),
      releases,
      observers: [world.observer()],
      keeper: this.#options.keeper ?? null,
      drivers,
      orphans: this.#options.orphans ?? {
        find: () => Promise.resolve([]),
        wait: () => Promise.resolve(true),
      },
      planner: planner(drivers),
      verifier: verifier({
        clock,
        sources,
        connect: () => Promise.reject(new Error('no tcp here')),
        run: () => Promise.reject(new Error('no commands here')),
      }),
      confirmer,
      decider: decider(crontab()),
      channels: [{ name: 'people' }],
      haltFile: () => this.halted,
      scrub: (text) => text.replaceAll('s3cr3t', '[secret]'),
      compose: tell,
      ledger: (closed) => ledgerRow(ledgerInput(closed)),
      ...(this.#options.backupSet === undefined ? {} : { backupSet: this.#options.backupSet }),
      watcher: { evaluated: () => {}, committed: () => {}, effectEnded: () => {}, closed: () => {} },
    };
  }

  /** Lets time pass. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
    if (this.fatal !== null) throw this.fatal;
  }

  /** Deploys a release, and lets grace pass. */
  async deploy(version: string, target = 'shop'): Promise<void> {
    this.world.deploy(target, version);
    await this.wait(2 * MINUTE);
  }

  /** From now on this version answers nine of ten requests with errors, wherever it runs; others none. */
  breaks(version: string, share = 0.9): void {
    this.world.show('errors', (target) => (this.world.version(target) === version ? share : 0));
  }

  /** `kill -9`, and a new start on the same store after `awayMs`; the new daemon may be doomed, too. */
  async restart(awayMs = 0, doomed: { readonly killAfter?: string } = {}): Promise<void> {
    this.#severed.severed = true;
    await this.clock.advance(awayMs);
    await this.#begin(doomed.killAfter);
  }

  /** Arranges a `kill -9` in the middle of things; nothing of the daemon goes on after it until `restart`. */
  killAt(kill: Kill): void {
    this.#severed.kill = { ...kill, commit: this.commits.length + kill.commit };
  }

  /** Arranges a `kill -9` right after the commit that brings a journal entry of this type. */
  killAfter(type: string): void {
    this.#severed.killAfter = type;
  }

  /** Whether the daemon was killed, as `killAt` had arranged. */
  killed(): boolean {
    return this.#severed.severed;
  }

  async reconfigure(change: Partial<Configuration>): Promise<void> {
    this.configuration = { ...this.configuration, ...change, digest: digest(change) };
    await this.engine.reconfigure(this.configuration);
    await this.wait(0);
  }

  /** A person's command; resolves to the answer once it took effect. */
  async asks(command: Command, actor: Actor = alice): Promise<CommandAnswer> {
    const answer = execute(this.engine.core, command, actor);
    await this.wait(0);
    // Whoever asks a daemon that dies over it hears nothing.
    return this.killed() ? { accepted: false, message: 'the daemon died', incident: null } : answer;
  }

  /** Approves or rejects the open question. */
  async answers(
    answer: 'approve' | 'reject',
    actor: Actor = alice,
    planDigest?: string | null,
  ): Promise<CommandAnswer> {
    const [open] = await this.incidents({ open: true });
    const incident = open?.id ?? 'none';
    const seen = planDigest === undefined ? this.asked(incident) : planDigest;
    return this.asks({ do: answer, incident, planDigest: seen, note: '' }, actor);
  }

  /** Digest of the plan that people are, or were last, asked about. */
  asked(incident: string): string | null {
    return this.engine.core.book.find(incident)?.approval?.context.planDigest ?? null;
  }

  incidents(filter: { open?: boolean } = {}): Promise<readonly IncidentRow[]> {
    return this.#store.incidents({ ...filter, limit: 1_000 });
  }

  /** The youngest incident of a target, open or closed. */
  async incident(target = 'shop'): Promise<IncidentRow> {
    const rows = (await this.incidents()).filter((row) => row.target === target);
    const youngest = rows.toSorted((a, b) => b.openedAt - a.openedAt)[0];
    if (youngest === undefined) throw new Error(`${target} never had an incident`);
    return youngest;
  }

  /** State of the open incident on a target, or how the last one ended. */
  async state(target = 'shop'): Promise<string> {
    const rows = (await this.incidents()).filter((row) => row.target === target);
    const open = rows.find(({ closedAt }) => closedAt === null);
    if (open !== undefined) return open.state;
    const last = rows.toSorted((a, b) => (b.closedAt ?? 0) - (a.closedAt ?? 0))[0];
    return last === undefined ? 'no incident' : `closed: ${last.outcome}`;
  }

  /** Why the last thing happened, or did not. */
  async reason(target = 'shop'): Promise<string> {
    const rows = (await this.incidents()).filter((row) => row.target === target);
    return rows.toSorted((a, b) => b.openedAt - a.openedAt)[0]?.reason ?? '';
  }

  standing(version: string, target = 'shop'): string {
    const id = this.world.release(version);
    return (
      this.engine.core.parts.releases.list(target).find((release) => release.id === id)?.standing ?? 'unknown'
    );
  }

  /** Messages of the journal of a type, in order. */
  async journal(type?: string): Promise<readonly Entry[]> {
    const entries = await this.#store.entries({ limit: 100_000 });
    return type === undefined ? entries : entries.filter((entry) => entry.type === type);
  }

  async told(): Promise<readonly string[]> {
    return (await this.messagesToPeople()).map(({ title }) => title);
  }

  /** Messages that wait in the outbox, in order, whole. */
  async messagesToPeople(): Promise<readonly OutboxRow[]> {
    const rows = await this.#store.due('people', Number.MAX_SAFE_INTEGER, 10_000);
    return rows.toSorted((a, b) => a.seq - b.seq);
  }

  get store(): Store {
    return this.#store;
  }

  control(key: string): Json {
    return this.engine.core.book.controls.get(key) ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#severed.severed = true;
    await this.clock.advance(MINUTE);
    await this.#store.close();
  }
}

interface Severing {
  severed: boolean;
  kill: Kill | null;
  killAfter: string | null;
}

/** A store that keeps a list of what is committed, and that a killed daemon can no longer write to. */
function severable(store: Store, state: Severing, commits: Commit[]): Store {
  const gone = (): Promise<never> => new Promise(() => {});
  const commit = async (change: Commit): Promise<void> => {
    const reached = state.kill !== null && commits.length + 1 >= state.kill.commit;
    const due = reached || (change.entries ?? []).some(({ type }) => type === state.killAfter);
    if (due) state.severed = true;
    if (due && state.kill?.side === 'before') return gone();
    commits.push(change);
    await store.commit(change);
    if (due) return gone();
  };
  return new Proxy(store, {
    get: (whole, name: keyof Store) => {
      const member = whole[name];
      if (typeof member !== 'function') return member;
      const reached = name === 'commit' ? commit : member.bind(whole);
      return (...args: never[]) =>
        state.severed ? gone() : (reached as (...all: never[]) => unknown)(...args);
    },
  });
}

/** A clock whose alarms do not ring for a killed daemon. */
function severableClock(clock: Clock, state: Severing): Clock {
  const ring = (call: () => void) => (): void => {
    if (!state.severed) call();
  };
  return {
    now: () => clock.now(),
    wall: () => clock.wall(),
    after: (delayMs, call) => clock.after(delayMs, ring(call)),
  };
}

function driversOf(world: World, options: WatchingOptions): Drivers {
  const drivers = [
    world.driver('move'),
    world.driver('note', 'cas', 'safe'),
    ...(options.drivers?.(world) ?? []),
  ];
  return Object.fromEntries(drivers.map((driver) => [driver.kind, driver]));
}

function configure({
  mode = 'auto',
  targets = { shop: {} },
  rules = { 'error-rate': errorRate },
  playbooks,
  configuration,
}: WatchingOptions): Configuration {
  return {
    environment: 'test',
    environments: knownEnvironments,
    mode,
    store: ':memory:',
    stateDir: '/nonexistent',
    haltFile: '/nonexistent',
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    prometheus: null,
    scrape: null,
    docker: null,
    channels: { slackWebhook: null, slackApp: null, email: null, webhooks: [], alertmanager: null },
    notify: { routes: [], contacts: [], remindMs: HOUR / 2 },
    approvers: [],
    publicUrl: null,
    communications: {},
    hostRoot: '/',
    host: 'local',
    allowedPrograms: [],
    fileRoots: [],
    dataStores: {},
    dataRisks: {},
    backups: null,
    gitProtocols: [],
    budget: { rollbacks: 3, perMs: HOUR },
    retention: { incidentsMs: 400 * DAY, readingsMs: 14 * DAY, replacedMs: DAY },
    blindAfterMs: 5 * MINUTE,
    reload: { watch: false },
    freezes: [],
    targets: Object.fromEntries(
      Object.entries(targets).map(([name, target]) => [name, targetOf(name, target)]),
    ),
    rules: Object.entries(rules).map(([name, rule]) => ruleOf(name, rule)),
    playbooks: Object.fromEntries(
      Object.entries(playbooks ?? { service: {} }).map(([name, playbook]) => [
        `shop/${name}`,
        playbookOf(name, playbook),
      ]),
    ),
    warnings: [],
    digest: 'test',
    ...configuration,
  };
}

function targetOf(name: string, target: Partial<Target>): Target {
  return {
    name,
    container: null,
    link: { path: `/srv/${name}/current` },
    repository: null,
    stack: null,
    swarm: null,
    packs: ['shop'],
    labels: { service: name },
    address: `http://${name}`,
    playbook: 'shop/service',
    emergencyPlaybook: 'shop/service',
    mode: 'auto',
    host: 'local',
    graceMs: MINUTE,
    bakeMs: 10 * MINUTE,
    cooldownMs: HOUR,
    ...target,
  };
}

export function ruleOf(name: string, { measure, probe, levels, ...rule }: RuleOptions): Rule {
  const body: Omit<Rule, 'digest'> = {
    id: `shop/${name}`,
    pack: 'shop',
    name,
    summary: name,
    runbook: null,
    scope: 'target',
    everyMs: 10 * SECOND,
    source:
      probe === undefined ? { kind: 'measure', options: measure ?? name } : { kind: 'probe', options: probe },
    windowMs: 0,
    levels: (['critical', 'high', 'medium'] as const).flatMap((severity) =>
      levelsOf(severity, levels[severity]),
    ),
    recover: null,
    onNoData: 'hold',
    onError: 'hold',
    blindAfterMs: 5 * MINUTE,
    mode: 'auto',
    blameMs: DAY,
    ...rule,
  };
  return { ...body, digest: digest(body) };
}

function levelsOf(severity: Severity, options: LevelOptions | undefined): Level[] {
  if (options === undefined) return [];
  const { above = 0.5, forMs = MINUTE, failures, condition, ...level } = options;
  const actions = { critical: 'rollback', high: 'ask', medium: 'investigate' } as const;
  const action = actions[severity];
  return [
    {
      severity,
      condition:
        condition ??
        (failures === undefined
          ? { comparison: { operator: 'above', threshold: { value: above, unit: 'ratio' } }, forMs }
          : { failures }),
      want: action === 'investigate' ? { action } : { action, playbook: null },
      withinMs: 15 * MINUTE,
      otherwise: 'hand_over',
      whileDeploying: false,
      ...level,
    },
  ];
}

function playbookOf(name: string, playbook: Partial<Playbook>): Playbook {
  return {
    id: `shop/${name}`,
    steps: [{ kind: 'move', options: {}, deadlineMs: MINUTE, retries: 0 }],
    verification: { settleMs: 5 * SECOND, phases: [] },
    objectives: { rollbackMs: 5 * MINUTE, verificationMs: 3 * MINUTE, totalMs: 10 * MINUTE },
    otherwisePlaybook: null,
    communication: null,
    ...playbook,
  };
}
