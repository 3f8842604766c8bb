import { cpus, loadavg, totalmem } from 'node:os';

/** What the numbers were measured on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMiB: number;
  readonly node: string;
  /** Load average over a minute when the benchmark began and when it ended: above the number of cores others ran too. */
  readonly load: readonly [number, number];
}

/** `loadBefore` is what `load` was when the benchmark began. */
export function machine(loadBefore: number): Machine {
  const all = cpus();
  return {
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    node: process.version,
    load: [loadBefore, load()],
  };
}

/** Load average over a minute. */
export function load(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}
