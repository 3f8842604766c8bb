import { systemClock } from '../../../src/app/clock.ts';
import { RollbackError } from '../../../src/domain/errors.ts';
import { openSqliteStore } from '../../../src/store/sqlite/open.ts';

/** Opens the store named on the command line, says so, and holds it until it is killed. */
try {
  const store = await openSqliteStore({ path: process.argv[2] ?? '', clock: systemClock() });
  process.stdout.write(`open ${store.epoch}\n`);
  setInterval(() => store.epoch, 60_000);
} catch (thrown) {
  process.stdout.write(`${thrown instanceof RollbackError ? thrown.code : String(thrown)}\n`);
}
