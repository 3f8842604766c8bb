import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DaemonProcess } from './daemon-process.ts';
import { LinkShop } from './link-shop.ts';

const levels = { critical: { failures: 2 } };

test('a bad release behind a link is rolled back by itself: steps in their order, restart, checks, standing', async () => {
  const shop = await LinkShop.open({
    levels,
    before: (program) => [{ command: { run: [...program, 'drain'] } }],
    after: (program) => [{ command: { run: [...program, 'fill'] } }],
  });
  const daemon = await shop.start();
  shop.deploy(2);

  const row = await ended(daemon);

  expect(row).toMatchObject({ severity: 'critical', outcome: 'rolled_back', state: 'closed' });
  expect(shop.ledger()).toEqual(['drain on 2', 'restart on 1', 'fill on 1']);
  expect([shop.linked(), shop.isUp()]).toEqual(['1', true]);
  const { effects, marks } = await daemon.incident(row.id);
  expect(effects.map(({ step, state, kind }) => [step, state, kind])).toEqual([
    [0, 'done', 'command'],
    [1, 'done', 'link.rollback'],
    [2, 'done', 'command'],
  ]);
  const times = effects.flatMap(({ intentAt, startedAt, endedAt }) => [
    intentAt,
    startedAt ?? 0,
    endedAt ?? 0,
  ]);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect([marks.firstEffectAt, marks.lastEffectAt]).toEqual([effects[0]?.startedAt, effects[2]?.endedAt]);
  expect(await standings(daemon)).toEqual({ 1: 'good', 2: 'bad' });
});

test('when a later step fails, everything is undone in reverse, and it is handed over until somebody has it', async () => {
  const shop = await LinkShop.open({
    levels,
    before: (program) => [{ command: { run: [...program, 'drain'], undo: [...program, 'undrain'] } }],
    after: (program) => [{ command: { run: [...program, 'crash'] } }],
  });
  const daemon = await shop.start();
  shop.deploy(2);

  const row = await ended(daemon);

  expect(row).toMatchObject({ outcome: 'handed_over', state: 'handed_over', closedAt: null });
  expect(shop.ledger()).toEqual(['drain on 2', 'restart on 1', 'crash on 1', 'restart on 2', 'undrain on 2']);
  expect(shop.linked()).toBe('2');
  const { byHand } = await daemon.incident(row.id);
  const program = `${process.execPath} ${join(shop.folder, 'act.mjs')}`;
  expect(byHand).toEqual([
    `${program} drain`,
    `ln -sfn ${shop.folder}/releases/1 ${shop.folder}/current.new`,
    `mv -T ${shop.folder}/current.new ${shop.folder}/current`,
    `${program} restart`,
    `${program} crash`,
  ]);
  expect(await standings(daemon)).toEqual({ 1: 'good', 2: 'unproven' });
  expect(await daemon.cli('ack', row.id, '--note', 'on it')).toEqual({
    code: 0,
    output: `ok  ${row.id} is acknowledged by local\n    rollbackd show ${row.id}\n`,
  });
  expect((await daemon.incident(row.id)).state).toBe('closed');
});

test('a halt between two steps, by command or by file, holds the plan where it is, and nothing is done twice', async () => {
  const shop = await LinkShop.open({
    levels,
    before: (program) => [{ command: { run: [...program, 'hold-before'] } }],
    after: (program) => [
      { command: { run: [...program, 'hold-after'] } },
      { command: { run: [...program, 'fill'] } },
    ],
  });
  const daemon = await shop.start();
  shop.deploy(2);

  await daemon.until('the first step runs', async () => shop.ledger().length === 1);
  expect(await daemon.cli('halt', '--note', 'database work')).toEqual({
    code: 0,
    output: 'ok  halted: no effect starts until rollbackd unhalt\n',
  });
  shop.letGoOf('hold-before');
  const id = await paused(daemon, 1);
  expect([shop.ledger(), shop.linked()]).toEqual([['hold-before on 2'], '2']);
  const { code, output } = await daemon.cli('status');
  expect([code, output]).toEqual([
    0,
    expect.stringContaining(' HALTED  by local: database work; nothing starts until: rollbackd unhalt\n'),
  ]);
  expect(await daemon.cli('gate', 'shop')).toEqual({
    code: 1,
    output: `closed  incident ${id} is open on shop\nclosed  nothing may start: halted by local: database work\n`,
  });
  expect(await daemon.cli('approve', id)).toEqual({
    code: 1,
    output: expect.stringContaining(`refused  nothing is asked about ${id}: it is halted\n`) as unknown,
  });
  expect((await daemon.cli('unhalt')).code).toBe(0);

  await daemon.until('the step after the switch runs', async () => shop.ledger().length === 3);
  const file = join(shop.folder, 'HALT');
  writeFileSync(file, 'moving house\n');
  shop.letGoOf('hold-after');
  await paused(daemon, 2);
  expect(shop.ledger()).toEqual(['hold-before on 2', 'restart on 1', 'hold-after on 1']);
  const refused = await daemon.cli('unhalt');
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('remove the file to lift it')]);
  rmSync(file);

  expect(await ended(daemon)).toMatchObject({ outcome: 'rolled_back' });
  expect(shop.ledger()).toEqual(['hold-before on 2', 'restart on 1', 'hold-after on 1', 'fill on 1']);
});

function ended(daemon: DaemonProcess) {
  return daemon.until('the incident has an outcome', async () => {
    const [row] = await daemon.incidents('shop');
    return row?.outcome === null ? null : row;
  });
}

/** Resolves once the plan has been paused so often. @returns the incident */
async function paused(daemon: DaemonProcess, times: number): Promise<string> {
  await daemon.until('the plan is paused', async () => daemon.said('rollback.paused').length === times);
  return (await daemon.incidents('shop'))[0]?.id ?? '';
}

/** Standing by what people call the release. */
async function standings(daemon: DaemonProcess): Promise<Record<string, string>> {
  const { output } = await daemon.cli('release', 'list', 'shop', '--json');
  const releases = JSON.parse(output) as { components: { label: string }[]; standing: string }[];
  return Object.fromEntries(releases.map(({ components, standing }) => [components[0]?.label, standing]));
}
