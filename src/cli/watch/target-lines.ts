import type { LevelView, RuleView, TargetView } from '../../domain/ports/daemon.ts';
import { paintSeverity, type Paint } from '../paint.ts';
import { cellsOf, padded } from './cells.ts';
import type { Screen } from './frame.ts';
import { nearestLevel, type Nearness } from './nearest-level.ts';
import { shownPicture, type WatchState } from './state.ts';

const barCells = 10;

/** Each target in a line: the worst of its rules, and how far the nearest threshold is. Worst first. */
export function targetLines(state: WatchState, screen: Screen): readonly string[] {
  const { paint } = screen;
  const { status } = shownPicture(state);
  const rows = status.targets
    .map((target) => ({ target, nearest: nearestLevel(target.rules) }))
    .toSorted((a, b) => urgency(a.nearest, a.target) - urgency(b.nearest, b.target));
  if (rows.length === 0) return [paint.dim('no targets')];
  const width = Math.min(24, Math.max(...rows.map(({ target }) => cellsOf(target.name))));
  return [
    paint.bold('TARGETS'),
    ...rows.map(({ target, nearest }) => targetLine(target, nearest, { ...screen, width })),
  ];
}

function targetLine(
  target: TargetView,
  nearest: Nearness | null,
  { columns, paint, width }: Screen & { readonly width: number },
): string {
  const name = padded(target.name, width);
  const word = padded(stateWord(target, nearest, paint), 16);
  const bar = barOf(nearest, paint);
  if (columns < 60) return `  ${name}  ${word}${columns < width + 34 ? '' : ` ${bar}`}`;
  const marks = [
    target.migration !== null ? paint.cyan('migration') : target.deploying ? paint.cyan('deploying') : '',
    target.frozen === null ? '' : paint.yellow('frozen'),
    target.lastGood === null ? paint.yellow('no way back') : '',
    target.current === null ? '' : target.current.name,
  ].filter((mark) => mark !== '');
  const tail = columns < 120 ? '' : `  ${paint.dim(marks.join(', '))}`;
  return `  ${name}  ${word}  ${bar}  ${padded(nearestWords(nearest), columns - width - (tail === '' ? 36 : 62))}${tail}`;
}

/** The worst first; a blind one before one that is fine. */
function urgency(nearest: Nearness | null, { rules }: TargetView): number {
  if (nearest === null) return 9;
  const order = { firing: 0, recovering: 2, pending: 4, clear: 6 } as const;
  const { phase, severity } = nearest.level;
  if (phase === 'clear') return blindIn(rules) === 0 ? 8 : 6;
  return order[phase] + (severity === 'critical' ? 0 : 1);
}

function stateWord({ rules }: TargetView, nearest: Nearness | null, paint: Paint): string {
  if (nearest === null) return paint.dim('no rules');
  const { level } = nearest;
  if (level.phase !== 'clear') return `${phaseWord(level, paint)} ${paintSeverity(paint, level.severity)}`;
  const blind = blindIn(rules);
  return blind === 0 ? paint.green('ok') : paint.yellow(`${blind} unknown`);
}

function blindIn(rules: readonly RuleView[]): number {
  return rules.filter(({ verdict }) => verdict === 'no_data' || verdict === 'error').length;
}

function phaseWord({ phase }: LevelView, paint: Paint): string {
  return phase === 'firing' ? paint.red('FIRING') : paint.yellow(phase);
}

/** Full is at the threshold, or past it. */
function barOf(nearest: Nearness | null, paint: Paint): string {
  const share = nearest?.share ?? null;
  if (share === null) return paint.dim('·'.repeat(barCells));
  const full = Math.min(barCells, Math.round(share * barCells));
  const bar = '█'.repeat(full) + '░'.repeat(barCells - full);
  if (share >= 1) return paint.red(bar);
  return share >= 0.8 ? paint.yellow(bar) : paint.green(bar);
}

function nearestWords(nearest: Nearness | null): string {
  if (nearest === null) return '';
  const { rule, level, share } = nearest;
  const counted = level.phase === 'pending' || level.phase === 'recovering' ? `, ${level.progress}` : '';
  const far = share === null ? '' : `, at ${Math.round(share * 100)}%`;
  return `${nameOf(rule)} ${rule.detail}, ${level.condition}${far}${counted}`;
}

function nameOf({ rule }: RuleView): string {
  return rule.slice(rule.indexOf('/') + 1);
}
