import { crashPoints } from '../../src/domain/crash-point.ts';
import { isGood, type Result } from './conduct.ts';
import { nameOf } from './run.ts';

/** The points that no run of the matrix can come by, and what stands in for them. */
export const provenElsewhere: Readonly<Record<string, string>> = {};

/** One line while the matrix runs. */
export function lineOf({ run, verdict, tookMs, kept }: Result, number: number, of: number): string {
  const { lost, doubled, wrong, ended, reached } = verdict;
  const missed = reached ? '' : ' (not reached)';
  const line = `[${number}/${of}] ${nameOf(run)}: ${ended}${missed}, ${(tookMs / 1000).toFixed(1)} s`;
  const troubles = [
    ...lost.map((what) => `  lost: ${what}`),
    ...doubled.map((what) => `  doubled: ${what}`),
    ...wrong.map((what) => `  wrong: ${what}`),
  ];
  if (troubles.length === 0) return line;
  return [line, ...troubles, `  replay: npm run crash -- --only ${nameOf(run)}`, `  files: ${kept}`].join(
    '\n',
  );
}

/** How many runs killed the daemon at each point. */
export function pointLines(results: readonly Result[]): readonly string[] {
  const places = results.flatMap(({ run, verdict }) =>
    run.kills.filter((_, index) => index === 0 || verdict.reached).map(({ place }) => place),
  );
  return [...crashPoints, 'call.during'].map((place) => {
    const count = places.filter((one) => one === place).length;
    const elsewhere = provenElsewhere[place];
    return `  ${place.padEnd(26)} ${elsewhere ?? `${count} kills`}`;
  });
}

/** What one reads last, and whether all is well. */
export function sum(results: readonly Result[]): { readonly line: string; readonly ok: boolean } {
  const verdicts = results.map(({ verdict }) => verdict);
  const count = (holds: (verdict: Result['verdict']) => boolean): number => verdicts.filter(holds).length;
  const lost = count((verdict) => verdict.lost.length > 0);
  const doubled = count((verdict) => verdict.doubled.length > 0);
  const wrong = count((verdict) => verdict.wrong.length > 0);
  const completed = count(({ ended }) => ended === 'completed');
  const parked = count(({ ended }) => ended === 'parked');
  // Chance chooses the second place of two: that one may lie where recovery has no need to go.
  const unreached = results.filter(({ run, verdict }) => run.kills.length === 1 && !verdict.reached).length;
  return {
    line: `runs=${results.length} lost=${lost} doubled=${doubled} wrong=${wrong} completed=${completed} parked=${parked} unreached=${unreached}`,
    ok: unreached === 0 && verdicts.every(isGood),
  };
}
