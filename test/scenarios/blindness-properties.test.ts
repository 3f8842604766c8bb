import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { watching } from './watching.ts';

type Tick = 'ok' | 'breach' | 'blind' | 'nothing' | 'idle';

const unknown = fc.constantFrom<Tick>('blind', 'nothing', 'idle');
const tick = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Tick>('breach') },
  { weight: 1, arbitrary: fc.constant<Tick>('ok') },
  { weight: 2, arbitrary: unknown },
);
const trace = fc.array(tick, { minLength: 12, maxLength: 30 });

/** What becomes of each tick of a trace: kept, made unknown if it breaches, or with an unknown one before it. */
const change = fc.oneof(
  { weight: 2, arbitrary: fc.constant('keep' as const) },
  { weight: 1, arbitrary: fc.record({ replace: unknown }) },
  { weight: 1, arbitrary: fc.record({ insert: unknown }) },
);

/** Feeds a trace to the whole daemon, one reading each, then good ones. @returns how often it rolled back */
async function rollbacks(readings: readonly Tick[]): Promise<number> {
  const left = [...readings];
  let asked = false;
  await using w = await watching({
    targets: { shop: { bakeMs: MINUTE } },
    warmUpMs: 2 * MINUTE,
    rules: { 'error-rate': { measure: 'errors', levels: { critical: { above: 0.5, forMs: 40 * SECOND } } } },
  });
  w.world.deploy('shop', 'v2');
  await w.wait(20 * SECOND);
  w.world.show('errors', () => {
    asked = true;
    const next = left.shift() ?? 'ok';
    return next === 'ok' ? 0 : next === 'breach' ? 0.9 : next;
  });
  await w.wait((readings.length + 3) * 10 * SECOND);
  expect(asked && left.length === 0).toBe(true);
  return w.world.ledger.length;
}

test(
  'making breaching readings unknown, or adding unknown ones, never adds a rollback',
  { timeout: 120_000 },
  async () => {
    let traces = 0;
    let fired = 0;
    await fc.assert(
      fc.asyncProperty(trace, fc.infiniteStream(change), async (readings, changes) => {
        const mutated = readings.flatMap((reading): Tick[] => {
          const mutation = changes.next().value;
          if (mutation === 'keep') return [reading];
          if ('insert' in mutation) return [mutation.insert, reading];
          return [reading === 'breach' ? mutation.replace : reading];
        });
        const before = await rollbacks(readings);
        traces += 1;
        fired += Math.min(1, before);
        expect(await rollbacks(mutated)).toBeLessThanOrEqual(before);
      }),
      { numRuns: 60, seed: 5 },
    );
    expect(fired / traces).toBeGreaterThan(0.3);
  },
);
