import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { emptyStatus } from '../fakes/daemon-views.ts';
import { inProcess, terminal } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollbackd-cli-printable-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('an answer of several lines is several lines, and none of them reaches the terminal as it is', async () => {
  await using at = await terminal();
  at.daemon.answer = {
    accepted: false,
    message: 'the old configuration stays in force:\nrules.yaml:3:1  one\nrules.yaml:4:1  \u001b[2Jtwo',
    incident: null,
  };
  expect((await at.ask('reload')).err).toBe(
    'refused  the old configuration stays in force:\n  rules.yaml:3:1  one\n  rules.yaml:4:1  \u{fffd}[2Jtwo\n',
  );
});

test('each problem of a configuration that was not taken over is a line of the status', async () => {
  await using at = await terminal();
  const { configuration } = emptyStatus;
  const failing = (lastReloadFailed: string): void => {
    at.daemon.statusView = { ...emptyStatus, configuration: { ...configuration, lastReloadFailed } };
  };
  failing('rules.yaml:3:1  one\nrules.yaml:4:1  \u001b[2Jtwo');
  const lines = (await at.ask('status')).out.split('\n');
  const start = lines.findIndex((line) => line.startsWith('RELOAD FAILED'));
  expect(lines.slice(start, start + 3)).toEqual([
    expect.stringMatching(/^RELOAD FAILED {2}2 problems; still the one of \S+/),
    '  rules.yaml:3:1  one',
    '  rules.yaml:4:1  \u{fffd}[2Jtwo',
  ]);
});

test('where a problem of a tested or imported file lies is red on a terminal, not strewn with marks', async () => {
  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, 'nothing: here\n');
  for (const argv of [
    ['test', broken],
    ['import', 'prometheus', broken],
  ]) {
    const { out, err } = await inProcess(argv, {}, true);
    expect(`${out}${err}`).toContain(`\u001b[31m${broken}:1:1\u001b[0m`);
    expect(`${out}${err}`).not.toContain('\u{fffd}');
  }
});
