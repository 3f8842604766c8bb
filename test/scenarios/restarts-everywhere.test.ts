import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { type Watching, watching, type WatchingOptions } from './watching.ts';

interface Story {
  readonly options: WatchingOptions;
  /** From v2 on, what happens; ends long before `lastsMs`. */
  readonly tell: (w: Watching, at: number) => Promise<void>;
  readonly lastsMs: number;
  readonly ends: string;
  readonly ledger: readonly string[];
}

const twoSteps = ['note', 'move'].map((kind) => ({ kind, options: {}, deadlineMs: MINUTE, retries: 1 }));

const stories: Readonly<Record<string, Story>> = {
  'an automatic rollback that is verified': {
    options: { playbooks: { service: { steps: twoSteps } } },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
    },
    lastsMs: 150 * SECOND,
    ends: 'closed: rolled_back',
    ledger: ['shop: note', 'shop: v2 → v1'],
  },
  'a rollback that does not help': {
    options: {},
    tell: async (w, at) => {
      if (at === 0) w.world.show('errors', 0.9);
    },
    lastsMs: 170 * SECOND,
    ends: 'handed_over',
    ledger: ['shop: v2 → v1'],
  },
  'a question that is approved': {
    options: { mode: 'approve' },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      const asks = (await w.state()) === 'asking';
      if (at >= 100 * SECOND && asks) await w.answers('approve');
    },
    lastsMs: 210 * SECOND,
    ends: 'closed: rolled_back',
    ledger: ['shop: v2 → v1'],
  },
  'a breach that ends by itself': {
    options: { mode: 'approve' },
    tell: async (w, at) => {
      if (at === 0) w.breaks('v2');
      if (at === 100 * SECOND) w.world.show('errors', 0);
    },
    lastsMs: 190 * SECOND,
    ends: 'closed: recovered',
    ledger: [],
  },
};

const tickMs = 5 * SECOND;

interface Death {
  readonly tick: number;
  readonly awayMs: number;
}

function begin(story: Story): Promise<Watching> {
  return watching({ ...story.options, warmUpMs: 3 * MINUTE, targets: { shop: { bakeMs: MINUTE } } });
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

  test.each(['before', 'after'] as const)(
    'ends the same when the daemon is killed right %s any of its commits',
    { timeout: 60_000 },
    async (side) => {
      for (let commit = 1, killed = true; killed; commit += 1) {
        await using w = await begin(story);
        await w.deploy('v2');
        w.killAt({ commit, side });
        killed = false;
        for (let at = 0; at < story.lastsMs; at += tickMs) {
          await story.tell(w, at);
          await w.wait(tickMs);
          if (!w.killed()) continue;
          killed = true;
          await w.restart();
        }
        await w.wait(3 * MINUTE);
        const { ledger } = w.world;
        expect({ commit, ends: await w.state(), ledger }).toEqual({
          commit,
          ends: story.ends,
          ledger: story.ledger,
        });
      }
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
