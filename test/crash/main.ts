// `npm run crash`: kills the real daemon at every crash point of every plan, starts it again, and holds what the targets
// remember against its journal. `--help` says how to run a part of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDockerd, whyNoDocker, type TestDocker } from '../support/dockerd.ts';
import { Chance } from './chance.ts';
import { conduct, isGood } from './conduct.ts';
import { doubles, runNamed, sample, singles, undisturbed } from './matrix.ts';
import { needsDocker } from './plan.ts';
import { plans } from './plans.ts';
import { nameOf, type Run } from './run.ts';
import { lineOf, pointLines, sum } from './tally.ts';

const help = `npm run crash -- [--only PLAN[/PLACE:NTH[+PLACE:NTH]]] [--sample N] [--seed S] [--doubles N] [--jobs J] [--list]
  --only     one plan, or the one run that a failure names; may be given more than once
  --sample   about N runs, at least one of each plan and of each place
  --seed     for what chance chooses; 1 unless given
  --doubles  runs of each plan with a second kill after the restart; 8 unless given
  --jobs     runs at a time; 2 unless given
  --list     the names of the runs, and nothing else`;

// The engine and the daemons of the tests end with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      sample: { type: 'string' },
      seed: { type: 'string', default: '1' },
      doubles: { type: 'string', default: '8' },
      jobs: { type: 'string', default: '2' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const chance = new Chance(Number(values.seed));
  const all =
    values.only.length > 0
      ? only(values.only, Number(values.doubles), chance)
      : matrix(Number(values.doubles), chance);
  const chosen = values.sample === undefined ? all : sample(all, Number(values.sample), chance);
  if (values.list) {
    for (const run of chosen) console.log(nameOf(run));
    return 0;
  }
  return carryOut(chosen, Number(values.jobs), Number(values.seed));
}

function matrix(doublesEach: number, chance: Chance): readonly Run[] {
  return plans.flatMap((plan) => [
    undisturbed(plan),
    ...singles(plan),
    ...doubles(plan, doublesEach, chance),
  ]);
}

function only(names: readonly string[], doublesEach: number, chance: Chance): readonly Run[] {
  return names.flatMap((name) => {
    const run = runNamed(name, plans);
    if (run !== null) return [run];
    const own = matrix(doublesEach, chance).filter(({ plan }) => plan.name === name);
    if (own.length === 0)
      throw new Error(`there is no plan ${name}; one of ${plans.map((plan) => plan.name).join(', ')}`);
    return own;
  });
}

async function carryOut(chosen: readonly Run[], jobs: number, seed: number): Promise<number> {
  const onDocker = chosen.some(({ plan }) => needsDocker(plan));
  const problem = onDocker ? whyNoDocker() : null;
  const runs = problem === null ? chosen : chosen.filter(({ plan }) => !needsDocker(plan));
  if (problem !== null)
    console.log(`left out: ${chosen.length - runs.length} runs on Docker, because ${problem}`);
  const engine: TestDocker | null = onDocker && problem === null ? await startDockerd() : null;
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-crash-'));
  const begun = Date.now();
  console.log(`${runs.length} runs, ${jobs} at a time, seed ${seed}, in ${folder}`);
  let count = 0;
  try {
    const results = await conduct({
      runs,
      folder,
      jobs,
      engine,
      onResult: (result) => console.log(lineOf(result, ++count, runs.length)),
    });
    const { line, ok } = sum(results);
    for (const point of pointLines(results)) console.log(point);
    console.log(`took ${Math.round((Date.now() - begun) / 1000)} s`);
    console.log(line);
    if (results.every(({ verdict }) => isGood(verdict))) rmSync(folder, { recursive: true, force: true });
    return ok && problem === null ? 0 : 1;
  } finally {
    await engine?.stop();
  }
}
