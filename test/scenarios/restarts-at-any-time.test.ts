import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { begin, stories, type Story, tickMs } from './stories.ts';

interface Death {
  readonly tick: number;
  readonly awayMs: number;
}

/** Tells a story, with a `kill -9` at some ticks. */
async function tell(story: Story, deaths: readonly Death[]) {
  await using w = await begin(story);
  await w.deploy('v2');
  for (let at = 0; at < story.lastsMs; at += tickMs) {
    await story.tell(w, at);
    for (const { tick, awayMs } of deaths) if (tick === at / tickMs) await w.restart(awayMs);
    await w.wait(tickMs);
  }
  await w.wait(3 * MINUTE);
  return { ends: await w.state(), ledger: w.world.ledger, broken: await w.store.verifyJournal() };
}

describe.each(Object.entries(stories))('%s', (_name, story) => {
  const ending = { ends: story.ends, ledger: story.ledger, broken: null };

  test('ends as it does', async () => {
    expect(await tell(story, [])).toEqual(ending);
  });

  test.each([0, 90 * SECOND])(
    'ends the same whenever the daemon is killed, away for %i ms',
    { timeout: 60_000 },
    async (awayMs) => {
      const ticks = story.lastsMs / tickMs;
      // Every other tick each, so that both ways together stop at each of them.
      for (let tick = awayMs === 0 ? 0 : 1; tick < ticks; tick += 2)
        expect({ tick, ...(await tell(story, [{ tick, awayMs }])) }).toEqual({ tick, ...ending });
    },
  );
});

test('any of them ends the same, however often the daemon is killed', { timeout: 60_000 }, async () => {
  const death = fc.record({
    tick: fc.integer({ min: 0, max: 40 }),
    awayMs: fc.constantFrom(0, 3 * SECOND, 40 * SECOND, 4 * MINUTE),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(stories)),
      fc.array(death, { minLength: 2, maxLength: 5 }),
      async (story, deaths) => {
        const { ends, ledger } = await tell(story, deaths);
        expect({ ends, ledger }).toEqual({ ends: story.ends, ledger: story.ledger });
      },
    ),
    { numRuns: 25, seed: 20_260_105 },
  );
});
