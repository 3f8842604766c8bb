import { expect, test } from 'vitest';
import { terminal } from '../terminal.ts';
import { asking, status } from './world.ts';

test('without a terminal the picture is printed once', async () => {
  await using at = await terminal();
  at.daemon.statusView = status;
  at.daemon.incidentViews = [asking];

  const { code, out, err } = await at.ask('watch');

  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.split('\n').slice(0, 5)).toEqual([
    'rollbackd 0.1.0  production  mode auto                                                      12:00:00',
    '',
    'INCIDENTS',
    '▸ i-8a2b1c  HIGH  backend  asking  2m  asks because HIGH on backend is for people to decide',
    '    ASKS: roll back? shop:2 → shop:1, disruptive   answer in 13m, otherwise hand over',
  ]);
  expect(out).not.toContain('\u001b');
});

test('as JSON it is the status', async () => {
  await using at = await terminal();
  at.daemon.statusView = status;

  expect(JSON.parse((await at.ask('watch --json')).out)).toEqual(JSON.parse(JSON.stringify(status)));
});

test('without a daemon it ends with 3', async () => {
  await using at = await terminal();

  const { code, out } = await at.ask('watch --once', { ROLLBACKD_URL: 'http://127.0.0.1:1' });

  expect({ code, out }).toEqual({ code: 3, out: '' });
});
