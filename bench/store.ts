import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../src/app/clock.ts';
import { foldWatch, freshWatch } from '../src/detect/watch.ts';
import type { Commit, NewEntry, Store } from '../src/domain/ports/store.ts';
import type { Reading } from '../src/domain/reading.ts';
import { openSqliteStore } from '../src/store/sqlite/open.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { ruleOf } from './rules.ts';
import { measured, type Measure } from './samples.ts';

/** What a commit, a journal entry and a reading cost by themselves. */
export const store: Benchmark = {
  name: 'store',
  summary: 'commit latency, journal cost of a step, cost of folding one reading',
  async run(context) {
    const opened = await openSqliteStore({ path: join(context.folder, 'store.db'), clock: systemClock() });
    try {
      return [diskFloor(context), ...(await commits(opened, context)), folds(context)];
    } finally {
      await opened.close();
    }
  },
};

/** What the disk takes by itself: the floor under every commit. */
function diskFloor({ folder, quick }: BenchContext): Measure {
  const file = openSync(join(folder, 'floor'), 'w');
  const block = Buffer.alloc(4096);
  const samples = timesOf(quick ? 200 : 2_000, () => {
    writeSync(file, block);
    fdatasyncSync(file);
  });
  closeSync(file);
  return measured({ measure: '4 KiB write and fdatasync, without a database', unit: 'ms' }, samples);
}

/** Commits as a step makes them (intent, started, done), with and without their journal entries, in turns. */
async function commits(opened: Store, { quick }: BenchContext): Promise<Measure[]> {
  const repetitions = quick ? 100 : 1_000;
  const single: number[] = [];
  const steps: number[] = [];
  const journal: number[] = [];
  for (let count = 0; count < repetitions; count++) {
    let withEntries = 0;
    let without = 0;
    for (const [part, state] of (['intent', 'started', 'done'] as const).entries()) {
      const commit = stepCommit(opened.epoch, `${count}-${part}`, state);
      const bare = await timeOf(() => opened.commit({ ...commit, entries: [] }));
      const whole = await timeOf(() => opened.commit(commit));
      without += bare;
      withEntries += whole;
      single.push(whole);
    }
    steps.push(withEntries);
    journal.push((withEntries - without) * 1_000);
  }
  return [
    measured({ measure: 'one commit of a step, durable', unit: 'ms' }, single),
    measured({ measure: 'the three commits of one step', unit: 'ms' }, steps),
    measured({ measure: 'journal part of one step (three entries), paired with none', unit: 'us' }, journal),
  ];
}

function stepCommit(epoch: number, id: string, state: 'intent' | 'started' | 'done'): Commit {
  const at = 1_760_000_000_000;
  const incident = `i-${id}`;
  const entry: NewEntry = {
    at,
    incident,
    target: 'shop',
    type: `effect.${state}`,
    message: 'step 1 of 2, docker.rollback: apply is due',
    facts: { opId: `${incident}/0123456789abcdef/1/1` },
  };
  const context = {
    id: incident,
    levels: [{ rule: 'layra/api-error-rate', detail: '61.2% (40 of 65)' }],
    plan: null,
  };
  return {
    entries: [entry],
    snapshots: [
      { incident, machine: 'incident', version: 1, value: 'rolling_back', context },
      { incident, machine: 'rollback', version: 1, value: 'stepping', context },
    ],
    effects: [
      {
        opId: `${incident}/0123456789abcdef/1/1`,
        incident,
        step: 1,
        purpose: 'apply',
        generation: 1,
        kind: 'docker.rollback',
        effect: 'probe',
        state,
        epoch,
        recoveries: 0,
        integrity: [],
        intentAt: at,
        startedAt: null,
        endedAt: null,
        detail: '',
      },
    ],
  };
}

/** Ten thousand pairs, read again and again: mostly ok, one in two hundred breaching. */
function folds({ quick }: BenchContext): Measure {
  const rule = ruleOf({ name: 'errors', everyMs: 15_000, above: 0.5, forMs: 60_000 });
  const watches = Array.from({ length: 10_000 }, (_, pair) => freshWatch(rule, `service-${pair}`));
  const samples: number[] = [];
  for (let round = 0; round < (quick ? 40 : 400); round++) {
    const at = round * rule.everyMs;
    const readings = watches.map((_, pair): Reading => {
      const value = (pair * 31 + round * 17) % 200 === 0 ? 0.9 : ((pair + round) % 40) / 100;
      return { kind: 'value', at, value, detail: '12.5%' };
    });
    const begun = performance.now();
    for (const [pair, watch] of watches.entries()) {
      const reading = readings[pair];
      if (reading === undefined) continue;
      watches[pair] = foldWatch(watch, rule, reading, { inGrace: false, deploying: false, at }).watch;
    }
    samples.push(((performance.now() - begun) * 1e6) / watches.length);
  }
  return measured({ measure: 'folding one reading into two levels', unit: 'ns' }, samples.slice(5), {
    facts: { pairs: watches.length },
  });
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function timesOf(repetitions: number, work: () => void): number[] {
  return Array.from({ length: repetitions }, () => {
    const begun = performance.now();
    work();
    return performance.now() - begun;
  });
}
