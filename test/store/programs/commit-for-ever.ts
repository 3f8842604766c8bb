import { systemClock } from '../../../src/app/clock.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { writeSync } from 'node:fs';

/** Commits one entry, one control and one effect after the other, and says each number once its commit resolved. */
const clock = systemClock();
const store = await openSqliteStore({ path: process.argv[2] ?? '', clock });
for (let number = (await store.head()).seq + 1; ; number++) {
  await store.commit({
    entries: [
      {
        at: clock.now(),
        incident: null,
        target: null,
        type: 'test',
        message: `${number}`,
        facts: { number },
      },
    ],
    controls: [{ key: 'number', value: number }],
  });
  writeSync(1, `${number}\n`);
}
