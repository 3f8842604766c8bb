import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../src/domain/time.ts';
import { begin, stories, tickMs } from './stories.ts';
import type { Watching } from './watching.ts';

async function saidBy(w: Watching): Promise<readonly unknown[]> {
  return (await w.journal('announcement')).map(({ facts }) => facts['number']);
}

describe.each(Object.entries(stories))('%s', (_name, story) => {
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
        const { ends, announced = [] } = story;
        expect({ commit, ends: await w.state(), ledger, announced: await saidBy(w) }).toEqual({
          commit,
          ends,
          ledger: story.ledger,
          announced,
        });
      }
    },
  );
});
