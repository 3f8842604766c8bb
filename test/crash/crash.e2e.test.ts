import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crashPoints } from '../../src/domain/crash-point.ts';
import { describeWithDocker, startDockerd, type TestDocker } from '../support/dockerd.ts';
import { Chance } from './chance.ts';
import { conduct, type Result } from './conduct.ts';
import { doubles, sample, singles } from './matrix.ts';
import { needsDocker, type CrashPlan } from './plan.ts';
import { plans } from './plans.ts';
import type { Kill, Run } from './run.ts';
import { lineOf, provenElsewhere, sum } from './tally.ts';

const timeout = 600_000;
const chance = new Chance(1);
const inProcess = plans.filter((plan) => !needsDocker(plan));
const onData = inProcess.filter(({ site }) => site === 'data');
const onDocker = plans.filter(needsDocker);

/** Runs of these plans, at least one of each and of each place that they come by. */
function sampled(of: readonly CrashPlan[], size: number): readonly Run[] {
  return sample(
    of.flatMap((plan) => [...singles(plan), ...doubles(plan, 4, chance)]),
    size,
    chance,
  );
}

/** One of each plan, killed while it changes something: what lies around that is the same for every kind of step. */
function amidWork(of: readonly CrashPlan[]): readonly Run[] {
  const runs = of.flatMap((plan) => [...singles(plan), ...doubles(plan, 4, chance)]);
  // A program that the daemon starts may be over before it can be stopped: the whole matrix tries that again.
  const isAmid = ({ place, work }: Kill): boolean =>
    /^(effect\.call|call|undo|release)\./.test(place) && work?.startsWith('tool ') !== true;
  return sample(
    runs.filter(({ kills }) => kills.every(isAmid)),
    of.length,
    chance,
  );
}

/** Everything that is not as it must be, with how to see it again; files of such runs are kept. */
async function troublesOf(runs: readonly Run[], engine: TestDocker | null): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'rollbackd-crash-'));
  const results = await conduct({ runs, folder, jobs: 2, engine, onResult: () => {} });
  const bad = results.filter((result) => !sum([result]).ok);
  if (bad.length === 0) rmSync(folder, { recursive: true });
  return bad.map((result: Result) => lineOf(result, 1, runs.length));
}

describe('a sample of the crash matrix', () => {
  const others = inProcess.filter((plan) => !onData.includes(plan));
  const runs = [...sampled(others, 20), ...amidWork(onData)];

  test('takes every plan and every crash point that a driver of the product comes by', () => {
    expect(new Set(runs.map(({ plan }) => plan.name))).toEqual(new Set(inProcess.map(({ name }) => name)));
    const places = new Set<string>(runs.flatMap(({ kills }) => kills.map(({ place }) => place)));
    expect(crashPoints.filter((point) => !places.has(point))).toEqual(Object.keys(provenElsewhere));
  });

  test('loses no incident and does nothing twice', { timeout }, async () => {
    expect(await troublesOf(runs, null)).toEqual([]);
  });
});

describeWithDocker('a sample of the crash matrix on a real engine', () => {
  test('loses no incident and does nothing twice', { timeout }, async () => {
    const engine = await startDockerd();
    try {
      expect(await troublesOf(amidWork(onDocker), engine)).toEqual([]);
    } finally {
      await engine.stop();
    }
  });
});
