import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cellsOf } from '../../src/cli/watch/cells.ts';
import { CuttableLine } from './cuttable-line.ts';
import { LinkShop } from './link-shop.ts';
import { Tmux } from './tmux.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** A shell in a terminal; `watch` is typed into it. */
function shell(port: number): Tmux {
  return new Tmux({
    columns: 100,
    rows: 34,
    environment: { TZ: 'UTC', ROLLBACKD_URL: `http://127.0.0.1:${port}` },
  });
}

function watch(at: Tmux): void {
  at.type(`echo before; ${process.execPath} ${main} watch; echo ended with $?; stty -a | grep -o ' icanon'`);
  at.press('Enter');
}

test('a whole incident is watched in a terminal: asked, approved by keys, resized, cut off, and rolled back', async () => {
  const shop = await LinkShop.open({
    levels: { high: { failures: 2 } },
    before: (program) => [{ command: { run: [...program, 'hold'] } }],
  });
  const daemon = await shop.start();
  await using line = await CuttableLine.to(Number(new URL(shop.url).port));
  using at = shell(line.port);
  watch(at);
  await at.shows(/TARGETS\n +shop +ok/);
  expect(at.text()).not.toContain('echo before');

  shop.deploy(2);
  await at.shows('ASKS: roll back?');
  at.press('a', 'Enter');
  await at.shows('that was not "y"; nothing was sent');
  at.press('a');
  await at.shows('type y and press enter, esc sends nothing:');
  at.press('y', 'Enter');
  await at.shows(/▸ 1 run /);

  at.resize(44, 20);
  const narrow = await at.shows(/\? help {2}q quit/);
  expect(Math.max(...narrow.split('\n').map(cellsOf))).toBeLessThanOrEqual(44);
  expect(narrow).toMatch(/▸ i-\w+ {2}HIGH {2}shop/);
  at.resize(100, 34);
  await at.shows('enter details');

  await line.cut();
  await at.shows(/ LOST +since .*tries again in/);
  at.press('H');
  await at.shows('nothing can be sent');
  expect(at.text()).toMatch(/▸ 1 run /);
  await line.mend();
  await at.hides(' LOST ');

  shop.letGoOf('hold');
  await at.shows(/▸ i-\w+ {2}HIGH {2}shop {2}rolled back/);
  const [row] = await daemon.incidents();
  expect(row).toMatchObject({ outcome: 'rolled_back' });
  expect((await daemon.incident(row?.id ?? '')).question?.answers.map(({ answer }) => answer)).toEqual([
    'approve',
  ]);
  at.press('q');
  const after = await at.shows(/^ icanon/m);
  expect(after).toMatch(/before\nended with 0\n icanon/);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s gives the terminal back', async (name) => {
  const shop = await LinkShop.open({ levels: { high: { failures: 2 } } });
  await shop.start();
  using at = shell(Number(new URL(shop.url).port));
  watch(at);
  await at.shows(/TARGETS\n +shop +ok/);
  process.kill(at.child(), name);

  const after = await at.shows(/^ icanon/m);
  expect(after).toMatch(/before\nended with 0\n icanon/);
});
