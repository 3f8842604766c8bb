import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DaemonApi } from '../../src/clients/api/api-client.ts';
import { fakeSlack, type FakeSlack } from '../fakes/slack/slack.ts';
import type { TestDocker } from '../support/dockerd.ts';
import type { Act } from './act.ts';
import { Daemon } from './daemon.ts';
import { writeConfiguration } from './configuration.ts';
import type { CrashPlan } from './plan.ts';
import { HeldTools } from './held-tools.ts';
import { ledgerIn, RecordFile } from './record-file.ts';
import { Recorder, unescaped } from './recorder.ts';
import { dataSite } from './sites/data-site.ts';
import { dockerSite } from './sites/docker-site.ts';
import { gitSite } from './sites/git-site.ts';
import { linkSite } from './sites/link-site.ts';
import type { Site } from './sites/site.ts';
import { stackSite } from './sites/stack-site.ts';
import { swarmSite } from './sites/swarm-site.ts';
import { volumeSite } from './sites/volume-site.ts';

const sightMs = 60_000;

export interface StageOptions {
  readonly plan: CrashPlan;
  /** Told from every other stage by it. */
  readonly name: string;
  /** Holds everything of the stage; made when it is missing. */
  readonly folder: string;
  /** For plans on Docker. */
  readonly engine: TestDocker | null;
}

/**
 * One production with everything that a plan works on, and a daemon's state in which release 1 is proven good and
 * release 2 runs. Each run begins from a copy of that state.
 */
export class Stage {
  readonly plan: CrashPlan;
  readonly folder: string;
  readonly site: Site;
  readonly recorder: Recorder;
  readonly records: RecordFile;
  /** null: messages go to a webhook, and questions are answered over the API. */
  readonly slack: FakeSlack | null;
  /** What the daemon starts by itself. */
  readonly tools = new HeldTools();
  /** From now on release 2 is ill. */
  broken = false;
  readonly #kept: string;

  private constructor(
    { plan, folder }: StageOptions,
    site: Site,
    recorder: Recorder,
    slack: FakeSlack | null,
  ) {
    this.plan = plan;
    this.folder = folder;
    this.#kept = `${folder}.kept`;
    this.site = site;
    this.recorder = recorder;
    this.slack = slack;
    this.records = new RecordFile(ledgerIn(folder));
    recorder.healthy = async () => !this.broken || (await this.#healed());
  }

  static async open(options: StageOptions): Promise<Stage> {
    mkdirSync(options.folder, { recursive: true });
    const site = await siteOf(options);
    const recorder = await Recorder.open();
    const stage = new Stage(options, site, recorder, options.plan.clicks ? await slackOf() : null);
    writeConfiguration(stage);
    await site.deploy(1);
    await stage.#learn(1);
    await site.deploy(2);
    await stage.#learn(2);
    cpSync(stage.folder, stage.#kept, { recursive: true, verbatimSymlinks: true });
    return stage;
  }

  start(crashAt: string | null, tracePath?: string): Daemon {
    const daemon = new Daemon({
      configPath: join(this.folder, 'rollbackd.yaml'),
      logPath: join(this.folder, 'daemon.log'),
      crashAt,
      cachePath: join(dirname(this.folder), 'compiled'),
      ...(tracePath === undefined ? {} : { tracePath }),
    });
    this.tools.daemon = daemon.pid;
    return daemon;
  }

  /** Everything as it was when release 2 had been deployed and was still well. */
  async reset(): Promise<void> {
    while (this.#recorded().length + this.tools.atWork().length > 0) await pause(20);
    this.broken = false;
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(this.#kept, this.folder, { recursive: true, verbatimSymlinks: true });
    this.recorder.forget();
    this.slack?.workspace.posts.splice(0);
    await this.site.reset();
  }

  /** What targets are carrying out at this moment. */
  atWork(): readonly string[] {
    return [...this.#recorded(), ...this.tools.atWork(), ...(this.site.atWork?.() ?? [])];
  }

  /** Keeps a target at this work, once it has begun, until the returned function is called. */
  hold(work: string): () => void {
    if (work.startsWith('tool ')) return this.tools.hold(work);
    return work.startsWith('post ') ? this.recorder.hold(work) : this.records.hold(work);
  }

  /** What people were told, in order. */
  messages(): readonly string[] {
    if (this.slack === null) return this.recorder.messages();
    return this.slack.workspace.posts.map(({ text, blocks }) => unescaped(`${text}\n${textsIn(blocks)}`));
  }

  /** Clicks Approve under the question of this ticket. Whether it got through is the daemon's to tell. */
  async click(url: string, ticket: string): Promise<void> {
    const { slack } = this;
    const request = slack?.signedClick({ user: 'UALICE', action: 'approve', value: ticket });
    await fetch(`${url}/slack/interactions`, { method: 'POST', ...request }).catch(() => null);
  }

  /** Everything that was done, as the targets remember it. */
  async acts(): Promise<readonly Act[]> {
    return [...this.records.acts(), ...this.recorder.acts(), ...(await this.site.acts())];
  }

  /** Leaves a copy of the whole folder behind. */
  keep(as: string): string {
    const path = `${this.folder}.${as}`;
    cpSync(this.folder, path, { recursive: true, verbatimSymlinks: true, force: true });
    return path;
  }

  async close(): Promise<void> {
    await this.site.close?.();
    await this.recorder.close();
    await this.slack?.[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#kept, { recursive: true, force: true });
  }

  #recorded(): readonly string[] {
    return [...this.records.atWork(), ...this.recorder.atWork()];
  }

  async #healed(): Promise<boolean> {
    const { healedBy } = this.plan;
    if (healedBy === 'release') return (await this.site.serves()) === 1;
    return this.records.isDone(healedBy.act) || this.recorder.isDone(healedBy.act);
  }

  /** Lets a daemon see the release that runs; the first one is said to be good. */
  async #learn(release: 1 | 2): Promise<void> {
    const daemon = this.start(null);
    await daemon.ready();
    const until = Date.now() + sightMs;
    for (;;) {
      const api = daemon.api;
      const seen = (await api?.releases(this.site.name).catch(() => [])) ?? [];
      const current = seen.find((one) => one.current);
      if (api !== null && seen.length === release && current !== undefined) {
        if (release === 1) await api.execute(good(this.site.name, current.id));
        const { recipe } = this.site;
        if (release === 1 && recipe !== undefined) await makeSet(api, recipe);
        break;
      }
      if (Date.now() > until || daemon.hasEnded)
        throw new Error(`${this.folder}: release ${release} was not seen`);
      await pause(40);
    }
    await daemon.stop();
  }
}

async function makeSet({ backups }: DaemonApi, recipe: string): Promise<void> {
  const { id } = await backups.create({ recipe, smallerOk: false });
  for (;;) {
    const job = await backups.job(id);
    if (job?.ended === 'well') return;
    if (job?.ended === 'badly') throw new Error(`no set was made of ${recipe}: ${job.message}`);
    await pause(40);
  }
}

function good(target: string, release: string) {
  return { do: 'release', action: 'good', target, release, note: 'it always was' } as const;
}

async function siteOf({ plan, name, folder, engine }: StageOptions): Promise<Site> {
  switch (plan.site) {
    case 'link':
      return linkSite(folder);
    case 'git':
      return gitSite(folder);
    case 'data':
      return dataSite(folder, plan);
    case 'docker':
      return dockerSite(engineFor(plan, engine), name);
    case 'stack':
      return stackSite(folder, { engine: engineFor(plan, engine), stage: name, plan });
    case 'swarm':
      return swarmSite(name, plan);
    case 'volume':
      return volumeSite(folder, { engine: engineFor(plan, engine), stage: name, plan });
  }
}

function engineFor({ name }: CrashPlan, engine: TestDocker | null): TestDocker {
  if (engine === null) throw new Error(`the plan ${name} needs a Docker engine`);
  return engine;
}

async function slackOf(): Promise<FakeSlack> {
  const slack = await fakeSlack({ team: 'T0CRASH', app: 'A0CRASH', channel: 'C0CRASH' });
  slack.person('alice');
  return slack;
}

/** All texts of blocks, one a line. */
function textsIn(value: unknown): string {
  if (Array.isArray(value)) return value.map(textsIn).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([name, member]) => (name === 'text' && typeof member === 'string' ? member : textsIn(member)))
    .filter((text) => text !== '')
    .join('\n');
}
