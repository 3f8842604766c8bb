import { judge, type Circumstances, type Judgement } from '../../detect/judge.ts';
import { breaches } from '../../domain/condition.ts';
import type { ExplainedLevel } from '../../domain/explanation.ts';
import type { LevelView } from '../../domain/ports/daemon.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Level, Rule } from '../../domain/rule.ts';
import { distanceTo } from './distance.ts';

/** What one level makes of a reading; `shown` is how it stands. */
export function explainedLevel(
  { rule, level, shown }: { readonly rule: Rule; readonly level: Level; readonly shown: LevelView },
  reading: Reading | null,
  now: Circumstances,
): Omit<ExplainedLevel, 'decision'> {
  const judgement = reading === null ? 'unknown' : judge(rule, level, reading, now);
  return {
    ...shown,
    breaches: judgement === 'unknown' ? null : judgement === 'breaching' || judgement === 'held',
    remark: reading === null ? null : remarkOn({ rule, level, shown }, reading, { judgement, now }),
    distance: distanceTo(level, reading),
  };
}

/** Why a level makes of a reading what the comparison alone does not say. */
function remarkOn(
  { rule, level, shown }: { readonly rule: Rule; readonly level: Level; readonly shown: LevelView },
  reading: Reading,
  { judgement, now }: { readonly judgement: Judgement; readonly now: Circumstances },
): string | null {
  if (judgement === 'held') return 'held: it is being deployed';
  if (reading.kind === 'unknown') {
    if (judgement === 'breaching') return `${spaced(reading.why)} counts as a breach`;
    return judgement === 'unknown' ? null : `${spaced(reading.why)} counts as ok`;
  }
  if (judgement !== 'unknown' && level.whileDeploying && !now.deploying && holds(level, reading))
    return 'it would, but nothing is being deployed';
  const fires = shown.phase === 'firing' || shown.phase === 'recovering';
  return judgement === 'between' && rule.recover !== null && fires ? 'but does not satisfy recover' : null;
}

function holds({ condition }: Level, reading: Exclude<Reading, { kind: 'unknown' }>): boolean {
  return breaches(condition, reading) === true;
}

function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}
