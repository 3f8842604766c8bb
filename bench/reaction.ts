import { join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../src/app/clock.ts';
import { sleep } from '../src/domain/ports/clock.ts';
import type { Observer } from '../src/domain/ports/observer.ts';
import type { Source } from '../src/domain/ports/source.ts';
import type { Store } from '../src/domain/ports/store.ts';
import type { Reading } from '../src/domain/reading.ts';
import { openSqliteStore } from '../src/store/sqlite/open.ts';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { components, driverOf, history, loop, targetOf } from './loop.ts';
import { ruleOf } from './rules.ts';
import { measured } from './samples.ts';

const clock = systemClock();
const patienceMs = 20_000;

/**
 * From the reading that completes a level, as its source hands it over, to the driver's call that changes something:
 * fold, decision, plan, facts read again, and every commit in between, on a file.
 */
export const reaction: Benchmark = {
  name: 'reaction',
  summary: 'completing reading → first driver call, commits to a file included',
  async run(context) {
    const { folder, quick } = context;
    const store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
    try {
      const target = { of: 'p99', atMost: 25 } as const;
      const alone = await incidents(context, store, { count: quick ? 40 : 250, neighbours: 0 });
      const among = await incidents(context, store, { count: quick ? 10 : 200, neighbours: 199 });
      const measure = 'completing reading to first driver call';
      return [
        measured({ measure, unit: 'ms' }, alone, { target }),
        measured({ measure: `${measure}, among 10,000 pairs`, unit: 'ms' }, among, { target }),
      ];
    } finally {
      await store.close();
    }
  },
};

/** One incident after the other, each on a target of its own and in an engine that has just started. */
async function incidents(
  { progress, signal, folder }: BenchContext,
  store: Store,
  { count, neighbours }: { readonly count: number; readonly neighbours: number },
): Promise<number[]> {
  const samples: number[] = [];
  for (let number = 0; number < count && !signal.aborted; number++) {
    const took = await incident(store, { name: `service-${neighbours}-${number}`, neighbours, folder });
    // The first ones are compiled while they run.
    if (number >= 5) samples.push(took);
    if ((number + 1) % 50 === 0) progress(`${number + 1} of ${count} incidents, ${neighbours} neighbours`);
  }
  return samples;
}

interface Scene {
  readonly name: string;
  readonly neighbours: number;
  readonly folder: string;
}

/** @returns ms from the completing reading to the driver's call */
async function incident(store: Store, { name, neighbours, folder }: Scene): Promise<number> {
  const now = clock.now();
  const { good, running } = history(name, now);
  await store.commit({
    releases: [good, running],
    serving: [
      { target: name, release: running.id, since: now - 600_000, notBefore: now - 600_000, opId: null },
    ],
  });
  const scene = { breaching: false, opId: null as string | null, completedAt: 0 };
  const called = Promise.withResolvers<number>();
  const driver = driverOf((_target, opId) => {
    called.resolve(performance.now() - scene.completedAt);
    scene.opId = opId;
    scene.breaching = false;
  });
  const engine = loop({
    store,
    clock,
    rules: rules(neighbours),
    targets: [name, ...Array.from({ length: neighbours }, (_, index) => `neighbour-${index}`)].map(targetOf),
    source: sourceOf(name, scene),
    observer: observerOf(name, () => scene.opId),
    driver,
    haltFile: join(folder, 'HALT'),
    onFatal: (error) => called.reject(error instanceof Error ? error : new Error(String(error))),
  });
  await engine.start();
  const cancel = clock.after(patienceMs, () =>
    called.reject(new Error(`no rollback of ${name} began in time`)),
  );
  try {
    await until(() => engine.core.parts.detection.lastEvaluations().has('bench/errors'));
    scene.breaching = true;
    const took = await called.promise;
    await until(() => engine.core.book.open().length === 0);
    return took;
  } finally {
    cancel();
    await engine.stop(1_000);
  }
}

/** One rule that is read often, so that the benchmark ends; with neighbours, 49 others as often as in production. */
function rules(neighbours: number) {
  const fast = ruleOf({ name: 'errors', everyMs: neighbours === 0 ? 50 : 200, above: 0.5, forMs: 0 });
  if (neighbours === 0) return [fast];
  const others = Array.from({ length: 49 }, (_, index) =>
    ruleOf({ name: `other-${index}`, everyMs: 1_000, above: 0.5, forMs: 60_000 }),
  );
  return [fast, ...others];
}

function sourceOf(name: string, scene: { breaching: boolean; completedAt: number }): Source<string> {
  return {
    kind: 'bench',
    options: z.string(),
    seesDeploys: false,
    signal: () => 'value',
    unit: () => 'ratio',
    windowMs: () => 0,
    identity: () => 'bench',
    read(rule, subjects) {
      const at = clock.now();
      const breaching = rule === 'errors' && scene.breaching;
      const readings = new Map<string, Reading>();
      for (const subject of subjects) {
        const value = breaching && subject.name === name ? 0.9 : 0.01;
        readings.set(subject.name, { kind: 'value', at, value, detail: `${value * 100}%` });
      }
      if (breaching && scene.completedAt === 0) scene.completedAt = performance.now();
      return Promise.resolve(readings);
    },
  };
}

function observerOf(name: string, opId: () => string | null): Observer {
  return {
    kind: 'link',
    sees: () => true,
    look: (target) => {
      const back = target.name === name && opId() !== null;
      return Promise.resolve({
        at: clock.now(),
        components: components(back ? 'v1' : 'v2'),
        healthy: null,
        exited: false,
        sealed: null,
        opId: back ? opId() : null,
        manager: null,
      });
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = clock.now() + patienceMs;
  while (!holds()) {
    if (clock.now() > giveUpAt) throw new Error('something that was waited for did not happen');
    await sleep(clock, 5, new AbortController().signal);
  }
}
