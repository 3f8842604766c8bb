import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/domain/errors.ts';
import type { TestDocker } from '../support/dockerd.ts';
import { passagesOf } from './passages.ts';
import type { CrashPlan } from './plan.ts';
import { nameOf, perform, type Run } from './run.ts';
import { Stage } from './stage.ts';
import { judge, type Verdict } from './verdict.ts';

/** A run, what it showed, and where its files were left if it did not show what it must. */
export interface Result {
  readonly run: Run;
  readonly verdict: Verdict;
  readonly kept: string | null;
  readonly tookMs: number;
}

export interface Conducting {
  readonly runs: readonly Run[];
  /** Everything lies beneath it. */
  readonly folder: string;
  readonly jobs: number;
  /** For plans on Docker. */
  readonly engine: TestDocker | null;
  readonly onResult: (result: Result) => void;
}

/** So many runs share one stage; then another one is set up, so that no job is left alone at the end. */
const mostPerStage = 30;

/** Carries out all runs, several at a time, each on a stage that nobody else uses. */
export async function conduct({ runs, jobs, ...setting }: Conducting): Promise<readonly Result[]> {
  const groups = grouped(runs);
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift())
      for (const result of await onOneStage(group, setting)) results.push(result);
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

interface Group {
  readonly plan: CrashPlan;
  readonly runs: readonly Run[];
  readonly name: string;
}

function grouped(runs: readonly Run[]): Group[] {
  const plans = [...new Set(runs.map(({ plan }) => plan))];
  return plans
    .flatMap((plan) => {
      const own = runs.filter((run) => run.plan === plan);
      const count = Math.ceil(own.length / mostPerStage);
      return Array.from({ length: count }, (_, index): Group => {
        const share = own.filter((_run, at) => at % count === index);
        return { plan, runs: share, name: `${plan.name}-${index + 1}` };
      });
    })
    .sort((a, b) => b.runs.length - a.runs.length);
}

async function onOneStage(
  { plan, runs, name }: Group,
  { folder, engine, onResult }: Omit<Conducting, 'runs' | 'jobs'>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const stage = await Stage.open({ plan, name, folder: join(folder, name), engine }).catch((error: unknown) =>
    messageOf(error),
  );
  for (const run of runs) {
    const result = typeof stage === 'string' ? notTried(run, stage) : await conductOne(run, stage);
    onResult(result);
    results.push(result);
  }
  if (typeof stage !== 'string') await stage.close();
  return results;
}

function notTried(run: Run, why: string): Result {
  return { run, verdict: lostBecause(`the stage could not be set: ${why}`), kept: null, tookMs: 0 };
}

async function conductOne(run: Run, stage: Stage): Promise<Result> {
  const begun = Date.now();
  let verdict = run.kills.length === 0 ? await followed(run, stage) : await tried(run, stage);
  for (let tries = 1; tries < mostTries && wasMissed(run, verdict); tries += 1)
    verdict = await tried(run, stage);
  const bad = !isGood(verdict);
  const kept = bad ? stage.keep(nameOf(run).replaceAll(/[^\w.-]/g, '_')) : null;
  return { run, verdict, kept, tookMs: Date.now() - begun };
}

/** A program that the daemon starts may be over before anybody can stop it. */
const mostTries = 3;

function wasMissed({ kills }: Run, verdict: Verdict): boolean {
  const [kill] = kills;
  return isGood(verdict) && !verdict.reached && kill?.work?.startsWith('tool ') === true;
}

/** Nothing lost, doubled or wrong. That a place was not reached is counted apart. */
export function isGood({ lost, doubled, wrong }: Verdict): boolean {
  return lost.length + doubled.length + wrong.length === 0;
}

async function tried(run: Run, stage: Stage, tracePath?: string): Promise<Verdict> {
  try {
    return judge(run, await perform(run, stage, tracePath));
  } catch (error) {
    return lostBecause(messageOf(error));
  }
}

function lostBecause(why: string): Verdict {
  return { lost: [why], doubled: [], wrong: [], ended: 'neither', reached: true };
}

/** Without a kill: what the daemon came by must be what the shape of the plan says. */
async function followed(run: Run, stage: Stage): Promise<Verdict> {
  const tracePath = join(stage.folder, 'trace');
  const verdict = await tried(run, stage, tracePath);
  const passed = readFileSync(tracePath, 'utf8')
    .split('\n')
    .filter((place) => place !== '' && place !== 'message.sent');
  const said = passagesOf(run.plan)
    .map(({ place }) => place)
    .filter((place) => place !== 'call.during');
  const longest = passed.length > said.length ? passed : said;
  const at = longest.findIndex((_place, index) => passed[index] !== said[index]);
  if (at === -1) return verdict;
  const difference = `passage ${at + 1} is ${passed[at] ?? 'the end'}, but the shape of the plan says ${said[at] ?? 'the end'}`;
  return { ...verdict, wrong: [...verdict.wrong, difference] };
}
