import { renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { expect, test } from 'vitest';
import { playbooks, rules, Running } from './running.ts';

const inForce: unknown = expect.stringMatching(/^config\.loaded: configuration [0-9a-f]{12} is in force$/);

async function following(): Promise<Running> {
  return new Running().start();
}

test('a changed file is taken over once two looks saw it the same', async () => {
  await using at = await following();
  expect((await at.status()).mode).toBe('notify');
  at.main('mode: approve');
  await at.looks(1);
  expect((await at.status()).mode).toBe('notify');
  await at.looks(1);
  expect((await at.status()).mode).toBe('approve');
  await at.looks(5);
  expect(at.journal).toEqual([inForce]);
});

test('a file that is still being written is left alone until it is not', async () => {
  await using at = await following();
  for (const part of ['mode: a', 'mode: ap', 'mode: appr', 'mode: approve']) {
    at.main(part);
    await at.looks(1);
  }
  expect(at.journal).toEqual([]);
  await at.looks(1);
  expect(at.journal).toEqual([inForce]);
});

test('a broken file changes nothing, and is reported once for each content, not at each look', async () => {
  await using at = await following();
  const refused = (mode: string, near = ''): string =>
    'config.refused: rollbackd.yaml was not taken over, the old configuration stays: ' +
    `rollbackd.yaml:7:7  mode  expected shadow, notify, approve or auto, got "${mode}"${near}`;
  at.main('mode: atuo');
  await at.looks(6);
  expect(at.journal).toEqual([refused('atuo', ', did you mean auto?')]);
  const { configuration, mode } = await at.status();
  expect([mode, configuration.lastReloadFailed]).toEqual([
    'notify',
    expect.stringContaining('did you mean auto?'),
  ]);
  expect(await at.daemon.metrics()).toContain('rollbackd_configuration_last_reload_successful 0\n');
  expect(await at.daemon.metrics()).toContain('rollbackd_configuration_reload_failures_total 1\n');

  // Saved again as it is: another file, the same content.
  at.write('other.yaml', '');
  at.main('mode: atuo');
  await at.looks(4);
  expect(at.journal).toHaveLength(1);

  at.main('mode: never');
  await at.looks(4);
  expect(at.journal.slice(1)).toEqual([refused('never')]);

  at.main();
  await at.looks(4);
  expect(at.journal.slice(2)).toEqual([inForce]);
  expect((await at.status()).configuration.lastReloadFailed).toBeNull();
  expect(await at.daemon.metrics()).toContain('rollbackd_configuration_last_reload_successful 1\n');
});

test('a file that is touched and not changed is not taken over again', async () => {
  await using at = await following();
  utimesSync(at.at('rollbackd.yaml'), new Date(0), new Date(0));
  at.main();
  await at.looks(5);
  expect(at.journal).toEqual([]);
});

test('a rule counts on through a change of another part', async () => {
  await using at = await following();
  const levels = async () => (await at.status()).hosts.map((host) => host.levels[0]);
  while ((await levels())[0]?.phase !== 'pending') await at.looks(1);
  const [before] = await levels();
  at.main('mode: approve');
  await at.looks(2);
  expect((await at.status()).mode).toBe('approve');
  expect((await levels())[0]).toMatchObject({ phase: 'pending', since: before?.since });

  at.write('packs/host/rules.yaml', rules('102%'));
  await at.looks(2);
  expect(at.journal).toEqual([inForce, inForce]);
  expect((await levels())[0]?.since).not.toBe(before?.since);
});

test('editors that put a new file in the place of the old one are noticed', async () => {
  await using at = await following();
  at.write('packs/host/.rules.yaml.swp', rules('99.9%'));
  renameSync(at.at('packs/host/.rules.yaml.swp'), at.at('packs/host/rules.yaml'));
  await at.looks(2);
  expect((await at.status()).hosts[0]?.levels[0]?.condition).toContain('99.9%');
});

test('a folder behind a link that is swapped, as orchestrators do, is noticed', async () => {
  const at = new Running();
  await using _ = at;
  for (const [folder, threshold] of [
    ['..1', '101%'],
    ['..2', '99.8%'],
  ] as const) {
    at.write(`${folder}/host/rules.yaml`, rules(threshold));
    at.write(`${folder}/host/playbooks.yaml`, playbooks);
  }
  rmSync(at.at('packs'), { recursive: true });
  symlinkSync('..1', at.at('packs'));
  await at.start();
  symlinkSync('..2', at.at('packs.new'));
  renameSync(at.at('packs.new'), at.at('packs'));
  await at.looks(2);
  expect((await at.status()).hosts[0]?.levels[0]?.condition).toContain('99.8%');
});

test('a pack that has been without a file is looked at for it, and a pack that is new is followed', async () => {
  await using at = await following();
  at.write('packs/more/rules.yaml', rules('50%'));
  at.main('', ['host', 'more']);
  await at.looks(2);
  expect((await at.status()).hosts.map(({ rule }) => rule)).toEqual(['host/full', 'more/full']);
  at.write('packs/more/rules.yaml', rules('40%'));
  await at.looks(2);
  expect((await at.status()).hosts[1]?.levels[0]?.condition).toContain('40%');
  expect(at.journal).toEqual([inForce, inForce]);
  at.write('packs/more/playbooks.yaml', 'playbooks: {}\nplaybock: {}\n');
  await at.looks(2);
  expect(at.journal[2]).toContain('packs/more/playbooks.yaml:2:1  playbock  unknown key');
});

test('a secret that is rotated is in force without a restart', async () => {
  await using at = await following();
  expect(await at.knows('first-token')).toBe(true);
  at.write('token', 'second-token\n');
  await at.looks(2);
  expect([await at.knows('first-token'), await at.knows('second-token')]).toEqual([false, true]);
});

test('what was changed while the daemon started is found at once', async () => {
  const at = new Running();
  await using _ = at;
  await at.start(() => at.main('mode: approve'));
  expect((await at.status()).mode).toBe('approve');
});

test('`watch: false` leaves files alone until somebody says reload', async () => {
  const at = new Running();
  await using _ = at;
  at.main('reload: { watch: false }');
  await at.start();
  at.main('mode: approve\nreload: { watch: false }');
  await at.looks(4);
  expect((await at.status()).mode).toBe('notify');
  await at.daemon.reload();
  expect((await at.status()).mode).toBe('approve');

  at.main('mode: shadow');
  await at.daemon.reload();
  at.main('mode: auto');
  await at.looks(2);
  expect((await at.status()).mode).toBe('auto');
});

test('what was taken over by hand is not taken over a second time', async () => {
  await using at = await following();
  at.main('mode: approve');
  await at.looks(1);
  await at.daemon.reload();
  await at.looks(4);
  expect(at.journal).toEqual([inForce]);
});
