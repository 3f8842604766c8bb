import { z } from 'zod';

/** What a container uses at one instant. */
export interface ContainerUse {
  /** Usage without the page cache that can be dropped at once, as `docker stats` counts it. */
  readonly memoryBytes: number;
  /** Cores kept busy since the engine's sample before this one; null without such a sample. */
  readonly cores: number | null;
  /** Cores of the host. */
  readonly hostCores: number;
}

const cpu = z.object({
  cpu_usage: z.object({ total_usage: z.number(), percpu_usage: z.array(z.number()).nullish() }),
  system_cpu_usage: z.number().default(0),
  online_cpus: z.number().default(0),
});

/**
 * Reads the answer of `GET /containers/{id}/stats`.
 *
 * Memory is `usage` minus `total_inactive_file` (cgroup v1) or `inactive_file` (v2). Cores are the container's share
 * of the host's CPU time between two samples, times the cores of the host.
 * @see https://docs.docker.com/reference/cli/docker/container/stats/
 */
export const statsAnswer = z
  .object({
    memory_stats: z.object({
      usage: z.number().default(0),
      stats: z.record(z.string(), z.number()).nullish(),
    }),
    cpu_stats: cpu,
    precpu_stats: cpu.nullish(),
  })
  .transform(({ memory_stats: memory, cpu_stats: now, precpu_stats: before }): ContainerUse => {
    const cache = memory.stats?.['total_inactive_file'] ?? memory.stats?.['inactive_file'] ?? 0;
    const hostCores = now.online_cpus || (now.cpu_usage.percpu_usage?.length ?? 0) || 1;
    const busy = now.cpu_usage.total_usage - (before?.cpu_usage.total_usage ?? 0);
    const passed = now.system_cpu_usage - (before?.system_cpu_usage ?? 0);
    const sampled = (before?.system_cpu_usage ?? 0) > 0 && passed > 0;
    return {
      memoryBytes: Math.max(0, memory.usage - cache),
      cores: sampled ? (Math.max(0, busy) / passed) * hostCores : null,
      hostCores,
    };
  });
