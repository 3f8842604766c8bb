import type { Answerer } from '../../domain/ports/answerer.ts';
import { SECOND } from '../../domain/time.ts';
import { embeddedAnswerer } from '../../promql/embedded-answerer.ts';
import { createEngine } from '../../promql/engine.ts';
import { MemoryStore } from '../../promql/memory-store.ts';
import type { RuleTest } from '../../rehearse/rule-test.ts';
import type { SimulatedClock } from '../rehearsal/clock.ts';

/** Answers PromQL from the series that a test writes. What is not yet is not seen: a query looks back only. */
export function writtenAnswerer(
  { series, intervalMs }: RuleTest,
  startAt: number,
): (clock: SimulatedClock) => Answerer {
  const store = new MemoryStore();
  for (const { labels, samples } of series) {
    const times: number[] = [];
    const values: number[] = [];
    const stale: number[] = [];
    for (const [index, sample] of samples.entries()) {
      if (sample === 'missing') continue;
      times.push(startAt + index * intervalMs);
      values.push(sample === 'stale' ? Number.NaN : sample);
      stale.push(sample === 'stale' ? 1 : 0);
    }
    store.load(labels, times, values, stale);
  }
  const engine = createEngine({ defaultStepMs: Math.max(SECOND, intervalMs) });
  return (clock) => embeddedAnswerer({ name: 'prometheus', source: store, engine, clock });
}
