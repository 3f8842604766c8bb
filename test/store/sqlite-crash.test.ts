import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.ts';
import { SimulatedClock } from '../fakes/clock.ts';
import { startChild } from './child.ts';
import { folder } from './folder.ts';

describe('kill -9 in the middle of commits', () => {
  test('loses no commit that resolved and leaves none half done, life after life', async () => {
    const path = join(folder(), 'rollbackd.db');
    let resolved = 0;

    for (const commits of [1, 7, 40, 150]) {
      const child = startChild('commit-for-ever', path);
      await child.lines(commits);
      const said = await child.kill();
      resolved = Number(said.at(-1));

      const store = await openSqliteStore({ path, clock: new SimulatedClock() });
      const head = await store.head();
      const { controls } = await store.load();
      // The commit that was under way may have become durable before its line was written.
      expect([resolved, resolved + 1]).toContain(head.seq);
      expect(controls).toEqual([{ key: 'number', value: head.seq }]);
      expect((await store.entries({ limit: 10_000 })).map(({ facts }) => facts['number'])).toEqual(
        Array.from({ length: head.seq }, (_, index) => index + 1),
      );
      expect(await store.verifyJournal()).toBeNull();
      await store.close();
    }

    expect(resolved).toBeGreaterThanOrEqual(198);
  });
});
