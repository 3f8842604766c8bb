import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

const nanosecondsPerSecond = 1e9;
const resolutionMs = 10;

/**
 * Measures the process itself: how late its event loop is between two scrapes, its memory and its CPU time.
 *
 * @returns how to end measuring
 */
export function observeProcess(registry: Registry): () => void {
  const { gauge, close } = eventLoopDelay();
  for (const metric of [gauge, residentMemory(), cpuTime()]) registry.registerMetric(metric);
  return close;
}

function eventLoopDelay(): { readonly gauge: Gauge; readonly close: () => void } {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  // What is recorded is the whole interval between two ticks of the sampler.
  const lateness = (nanoseconds: number): number =>
    delays.count === 0 ? 0 : Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1_000);
  const gauge = new Gauge({
    name: 'rollbackd_event_loop_delay_seconds',
    help: 'How late the event loop was since the last scrape.',
    labelNames: ['quantile'],
    registers: [],
    collect() {
      this.set({ quantile: '0.5' }, lateness(delays.percentile(50)));
      this.set({ quantile: '0.99' }, lateness(delays.percentile(99)));
      this.set({ quantile: '1' }, lateness(delays.max));
      delays.reset();
    },
  });
  return { gauge, close: () => delays.disable() };
}

function residentMemory(): Gauge {
  return new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the daemon.',
    registers: [],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}

function cpuTime(): Gauge {
  return new Gauge({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the daemon, user and system.',
    registers: [],
    collect() {
      const { user, system } = process.cpuUsage();
      this.set((user + system) / 1e6);
    },
  });
}
