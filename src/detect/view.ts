import type { RuleView } from '../domain/ports/daemon.ts';
import type { Rule } from '../domain/rule.ts';
import { clearBreach } from './clear-breach.ts';
import type { Pair } from './lane.ts';
import { wordLevel, wordProgress } from './wording.ts';

/** A rule on one subject as people see it. Silences are not known here. */
export function viewOf(rule: Rule, { subject, watch, reading, verdict }: Pair): RuleView {
  return {
    rule: rule.id,
    subject,
    summary: rule.summary,
    // What never had data is not missing any.
    verdict: verdict === 'no_data' && !watch.seen ? 'never_seen' : verdict,
    detail: reading?.detail ?? '',
    readAt: reading?.at ?? null,
    armed: watch.armed,
    silenced: false,
    mode: rule.mode,
    levels: rule.levels.map((level) => {
      const breach = watch.levels[level.severity] ?? clearBreach;
      return {
        severity: level.severity,
        condition: wordLevel(level),
        phase: breach.phase,
        since: breach.since,
        progress: wordProgress(level, breach),
      };
    }),
  };
}
