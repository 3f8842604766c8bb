import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { inProcess } from '../cli/terminal.ts';

const folder = resolve('demo/history');

test('the recorded days hold what their page says: a bad release, a hiccup, and a setting that tells them apart', async () => {
  const { code, out } = await inProcess([
    'backtest',
    `${folder}/rollbackd.yaml`,
    '--history',
    `${folder}/history.rbh`,
    '--deploys',
    `${folder}/deploys.csv`,
    '--json',
  ]);
  expect(code).toBe(0);
  const { incidents, tracks } = JSON.parse(out) as Found;
  expect(
    incidents.filter(({ rollback }) => rollback !== null).map(({ target, rollback }) => [target, rollback]),
  ).toEqual([
    ['backend', 'v42 → v41'],
    ['backend', 'v43 → v41'],
  ]);

  const [backend] = tracks.filter(({ subject }) => subject === 'backend');
  const critical = backend?.levels.find(({ severity }) => severity === 'critical');
  const cells = critical?.sensitivity?.cells.flat().filter(({ threshold }) => threshold === 0.5) ?? [];
  expect(cells.map(({ forMs, score }) => [forMs / 1000, score.right, score.firings])).toEqual([
    [15, 1, 2],
    [30, 1, 2],
    [60, 1, 2],
    [120, 1, 1],
    [240, 1, 1],
  ]);
});

interface Found {
  readonly incidents: readonly { readonly target: string; readonly rollback: string | null }[];
  readonly tracks: readonly {
    readonly subject: string;
    readonly levels: readonly {
      readonly severity: string;
      readonly sensitivity: {
        readonly cells: readonly (readonly {
          readonly threshold: number;
          readonly forMs: number;
          readonly score: { readonly right: number; readonly firings: number };
        }[])[];
      } | null;
    }[];
  }[];
}
