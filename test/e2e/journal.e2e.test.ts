import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { DaemonProcess } from './daemon-process.ts';
import { LinkShop } from './link-shop.ts';

test('after a whole incident the journal is intact; one changed byte breaks it, and the doctor says so', async () => {
  const shop = await LinkShop.open({ levels: { critical: { failures: 2 } } });
  const daemon = await shop.start();
  shop.deploy(2);
  const row = await daemon.until('the incident is closed', async () => {
    const [first] = await daemon.incidents('shop');
    return first?.outcome === 'rolled_back' ? first : null;
  });
  expect(await daemon.cli('journal', 'verify')).toEqual({ code: 0, output: 'ok  the journal is intact\n' });
  const { journal } = await daemon.incident(row.id);
  const decided = journal.find(({ type }) => type === 'decided');
  expect(await daemon.stop()).toBe(0);

  const store = new DatabaseSync(join(shop.folder, 'state', 'rollbackd.db'));
  // The store refuses changes by itself; whoever means to change it removes that first.
  store.exec('DROP TRIGGER journal_refuses_update');
  const changed = store
    .prepare(`UPDATE journal SET message = replace(message, 'rolls', 'Rolls') WHERE seq = ?`)
    .run(decided?.seq ?? -1);
  store.close();
  expect(changed.changes).toBe(1);

  await using again = await DaemonProcess.start({ configPath: shop.configPath, url: shop.url });
  const problem = `entry ${decided?.seq} was changed after it was written`;
  expect(await again.cli('journal', 'verify')).toEqual({ code: 1, output: `broken  ${problem}\n` });
  const { code, output } = await again.cli('doctor');
  expect([code, output.split('\n')[0]]).toEqual([
    1,
    expect.stringMatching(new RegExp(`^FAILED  journal +${problem}$`)),
  ]);
});
