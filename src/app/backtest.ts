import { writeFile } from 'node:fs/promises';
import { differenceLines, differenceOf } from '../backtest/difference.ts';
import { gridLines } from '../backtest/grid-lines.ts';
import type { Ink } from '../backtest/ink.ts';
import { pageOf } from '../backtest/page.ts';
import type { Report } from '../backtest/report.ts';
import { headLines, incidentLines, levelTable, scoreLines } from '../backtest/summary.ts';
import { timeline } from '../backtest/timeline.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { backtest, type BacktestRequest } from './backtest/backtest.ts';

/** A backtest and how its result is shown. */
export interface BacktestRun extends BacktestRequest {
  /** The other main file or pack; null: one configuration by itself. */
  readonly against: string | null;
  readonly ink: Ink;
  readonly width: number;
  readonly grid: boolean;
  /** A page to write; null: none. */
  readonly html: string | null;
}

export interface BacktestShown {
  /** Something was replayed. */
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: unknown;
}

/** Incidents that a terminal shows; all are in JSON and on the page. */
const mostIncidents = 30;

/** Runs a backtest, or two of them against each other, and puts the result into words and pictures. */
export async function runBacktest(run: BacktestRun): Promise<BacktestShown> {
  const report = await backtest(run);
  if (run.against !== null) return compared(report, run, run.against);
  if (run.html !== null) await writePage(run.html, report);
  const { ink, grid, html } = run;
  const replayed = report.tracks.length > 0;
  return {
    ok: replayed,
    json: withoutPlots(report),
    lines: [
      ...headLines(report, ink),
      '',
      ...(replayed ? shown(report, run) : ['nothing was replayed']),
      ...(grid ? gridLines(report, ink) : []),
      ...(html === null ? [] : ['', `${html} has the plots`]),
    ],
  };
}

function shown(report: Report, { ink, width }: BacktestRun): readonly string[] {
  const { incidents } = report;
  const scores = scoreLines(report);
  return [
    ...timeline(report, ink, width),
    '',
    ...levelTable(report, ink),
    '',
    incidents.length === 0 ? 'no incident' : ink.bold(`incidents: ${incidents.length}`),
    ...incidentLines(report, ink, mostIncidents),
    ...(scores.length === 0 ? [] : ['', ...scores]),
  ];
}

async function compared(before: Report, run: BacktestRun, against: string): Promise<BacktestShown> {
  const after = await backtest({ ...run, path: against, record: null });
  const difference = differenceOf(before, after);
  const head = headLines({ ...after, environment: `${run.path} → ${against}` }, run.ink);
  return {
    ok: before.tracks.length > 0 || after.tracks.length > 0,
    json: { ...difference, before: withoutPlots(before), after: withoutPlots(after) },
    lines: [...head, '', ...differenceLines(difference, run.ink)],
  };
}

async function writePage(path: string, report: Report): Promise<void> {
  try {
    await writeFile(path, pageOf(report));
  } catch (cause) {
    throw new RollbackError('USAGE', `--html: ${messageOf(cause)}`, {}, { cause });
  }
}

/** Plots are for eyes; everything that was counted is there without them. */
function withoutPlots(report: Report): unknown {
  return { ...report, tracks: report.tracks.map((track) => ({ ...track, plot: undefined })) };
}
