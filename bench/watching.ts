import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BenchContext, Benchmark } from './benchmark.ts';
import { writeDaemonFiles } from './daemon-files.ts';
import { DaemonProcess } from './daemon-process.ts';
import { FakePrometheus } from './fake-prometheus.ts';
import { measured, slope, type Measure } from './samples.ts';

const minuteMs = 60_000;
const queries = 50;
/** 200 MB. */
const residentLimitMiB = 190;

/** How long one size is watched. */
interface Watch {
  readonly targets: number;
  readonly warmUpMs: number;
  readonly forMs: number;
}

/** What it saw. */
interface Watched {
  readonly pairs: number;
  readonly cpuPercent: number;
  readonly residentMiB: readonly number[];
  readonly slopePer10Min: number;
  readonly minutes: number;
}

/**
 * Rules on many targets, 50 queries every 15 s, by the whole daemon as its own process: values change with every
 * reading, and one in two hundred crosses its threshold for one reading, so that pending breaches come and go.
 */
export const watching: Benchmark = {
  name: 'watching',
  summary:
    '1,000, 5,000 and 10,000 rule × target pairs from 50 queries every 15 s: CPU, memory and its slope',
  async run(context) {
    const seen: Watched[] = [];
    for (const size of sizes(context.quick)) {
      if (context.signal.aborted) break;
      seen.push(await watch(context, size));
    }
    return report(seen);
  },
};

function sizes(quick: boolean): readonly Watch[] {
  const short = quick
    ? { warmUpMs: minuteMs / 2, forMs: minuteMs }
    : { warmUpMs: 2 * minuteMs, forMs: 4 * minuteMs };
  const long = quick
    ? { warmUpMs: minuteMs, forMs: 2 * minuteMs }
    : { warmUpMs: 5 * minuteMs, forMs: 30 * minuteMs };
  return [
    { targets: 20, ...short },
    { targets: 100, ...short },
    { targets: 200, ...long },
  ];
}

async function watch({ folder, progress, signal }: BenchContext, size: Watch): Promise<Watched> {
  const { targets, warmUpMs, forMs } = size;
  const pairs = targets * queries;
  const services = Array.from({ length: targets }, (_, index) => `service-${index}`);
  let readings = 0;
  const value = (): number => {
    readings += 1;
    return (readings * 7_919) % 200 === 0 ? 0.9 : ((readings * 31) % 400) / 1_000;
  };
  await using prometheus = await FakePrometheus.start({ services, value });
  const { configPath } = writeDaemonFiles({
    folder: join(folder, String(targets)),
    rules: queries,
    targets,
    every: '15s',
    forDuration: '1m',
    prometheus: prometheus.url,
  });
  await using daemon = new DaemonProcess(configPath);
  await daemon.url();
  await pause(warmUpMs, null, { signal });
  const [beganAt, cpuBefore, readBefore] = [performance.now(), daemon.cpuSeconds(), readings];
  const memory: [number, number][] = [];
  while (performance.now() - beganAt < forMs) {
    await pause(2_000, null, { signal });
    memory.push([(performance.now() - beganAt) / (10 * minuteMs), daemon.residentMiB()]);
  }
  const seconds = (performance.now() - beganAt) / 1_000;
  const expected = (seconds / 15) * pairs;
  if (readings - readBefore < expected * 0.9)
    throw new Error(`only ${readings - readBefore} of ${Math.round(expected)} readings were asked for`);
  const watched = {
    pairs,
    cpuPercent: ((daemon.cpuSeconds() - cpuBefore) / seconds) * 100,
    residentMiB: memory.map(([, mib]) => mib),
    slopePer10Min: slope(memory),
    minutes: Math.round(seconds / 60),
  };
  progress(
    `${pairs} pairs: ${watched.cpuPercent.toFixed(1)} % of one core, RSS at most ${Math.round(Math.max(...watched.residentMiB))} MiB`,
  );
  return watched;
}

function report(seen: readonly Watched[]): Measure[] {
  const measures = seen.flatMap(({ pairs, cpuPercent, residentMiB, slopePer10Min, minutes }) => {
    const [facts, full] = [{ facts: { pairs, minutes } }, pairs === 10_000];
    return [
      measured({ measure: `CPU, ${pairs} pairs`, unit: 'percent of one core' }, [cpuPercent], {
        ...facts,
        ...(full ? { target: { of: 'max', atMost: 15 } } : {}),
      }),
      measured({ measure: `resident memory, ${pairs} pairs`, unit: 'MiB' }, residentMiB, {
        ...facts,
        ...(full ? { target: { of: 'max', atMost: residentLimitMiB } } : {}),
      }),
      measured(
        { measure: `slope of resident memory, ${pairs} pairs`, unit: 'MiB per 10 min' },
        [slopePer10Min],
        {
          ...facts,
          // A short look sees the sawtooth of the collector, not a slope.
          ...(full && minutes >= 30 ? { target: { of: 'max', atMost: 1 } } : {}),
        },
      ),
    ];
  });
  const [small, middle, large] = seen;
  if (small === undefined || middle === undefined || large === undefined) return measures;
  const perPair = (from: Watched, to: Watched): number =>
    (to.cpuPercent - from.cpuPercent) / (to.pairs - from.pairs);
  // Linear: what each further pair costs does not grow. A quarter is left for what a short look cannot tell apart.
  const growth = perPair(middle, large) / perPair(small, middle);
  const measure = 'cost of a further pair from 5,000 to 10,000, over that from 1,000 to 5,000';
  return [
    ...measures,
    measured({ measure, unit: 'ratio' }, [growth], { target: { of: 'max', atMost: 1.25 } }),
  ];
}
