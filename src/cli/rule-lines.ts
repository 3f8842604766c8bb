import type { BreachPhase } from '../domain/breach.ts';
import type { LevelView, RuleView } from '../domain/ports/daemon.ts';
import { compareSeverity } from '../domain/rule.ts';
import { columns } from './columns.ts';
import { paintSeverity, type Paint } from './paint.ts';
import { clockTime } from './times.ts';

const worstFirst: readonly BreachPhase[] = ['firing', 'recovering', 'pending', 'clear'];

/** The rules that need a look, worst first, one line each; then how many others there are. */
export function ruleLines(rules: readonly RuleView[], now: number, paint: Paint): string[] {
  const shown = rules.filter(needsALook).sort(byWorst);
  const others = counted(rules.filter((rule) => !needsALook(rule)));
  return [
    ...columns(shown.map((rule) => ruleRow(rule, now, paint))),
    ...(others === '' ? [] : [paint.dim(shown.length === 0 ? others : `and ${others}`)]),
  ];
}

function needsALook(rule: RuleView): boolean {
  const { verdict, armed } = rule;
  return !armed || verdict === 'no_data' || verdict === 'error' || worstLevel(rule).phase !== 'clear';
}

function byWorst(a: RuleView, b: RuleView): number {
  const [x, y] = [worstLevel(a), worstLevel(b)];
  return (
    worstFirst.indexOf(x.phase) - worstFirst.indexOf(y.phase) ||
    compareSeverity(x.severity, y.severity) ||
    a.rule.localeCompare(b.rule)
  );
}

const noLevel: LevelView = { severity: 'medium', condition: '', phase: 'clear', since: null, progress: '' };

/** The level that is furthest, the more severe one of two. */
function worstLevel({ levels }: RuleView): LevelView {
  const [worst = noLevel] = [...levels].sort(
    (a, b) =>
      worstFirst.indexOf(a.phase) - worstFirst.indexOf(b.phase) || compareSeverity(a.severity, b.severity),
  );
  return worst;
}

function ruleRow(rule: RuleView, now: number, paint: Paint): string[] {
  const level = worstLevel(rule);
  const quiet = level.phase === 'clear';
  const since = level.since === null ? '' : `since ${clockTime(level.since, now)}`;
  const progress = level.phase === 'pending' || level.phase === 'recovering' ? level.progress : '';
  return [
    quiet ? unknownWord(rule, paint) : phaseWord(level, paint),
    quiet ? '' : paintSeverity(paint, level.severity),
    rule.rule,
    rule.detail,
    quiet ? '' : `threshold: ${level.condition}`,
    [progress, since, ...marks(rule)].filter((part) => part !== '').join(', '),
  ];
}

function phaseWord({ phase }: LevelView, paint: Paint): string {
  if (phase === 'firing') return paint.red('FIRING');
  return phase === 'clear' ? 'ok' : paint.yellow(phase);
}

function unknownWord({ verdict }: RuleView, paint: Paint): string {
  if (verdict === 'no_data' || verdict === 'error') return paint.yellow(verdict.replace('_', ' '));
  return verdict === 'ok' ? paint.green('ok') : verdict.replace('_', ' ');
}

function marks({ armed, silenced, mode }: RuleView): string[] {
  return [
    armed ? '' : 'UNARMED: decides nothing',
    silenced ? 'silenced' : '',
    mode === 'shadow' ? 'shadow' : '',
  ];
}

/** `12 ok, 2 never seen`. */
function counted(rules: readonly RuleView[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of rules) {
    const word = verdict.replace('_', ' ');
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}
