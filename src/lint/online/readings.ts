import { holds, wordComparison } from '../../domain/comparison.ts';
import type { Labels, Series } from '../../domain/labels.ts';
import type { Target } from '../../domain/target.ts';
import { targetsOf } from '../assumptions.ts';
import { parsedOf, stretchOf, type Lint, type LintedRule, type ParsedQuery, type Signal } from '../check.ts';
import type { CodedHit } from '../coded-hit.ts';
import { filtersIn } from '../checks/filter.ts';
import type { Asking } from './asking.ts';
import { unanswered } from './unanswered.ts';

/** What a rule would read now, target by target. */
export async function findInReadings(
  asking: Asking,
  lint: Lint,
  linted: LintedRule,
): Promise<readonly CodedHit[]> {
  const targets = targetsOf(lint, linted.rule.pack);
  if (linted.rule.scope === 'host' || targets.length === 0) return [];
  const hits: CodedHit[] = [];
  for (const signal of linted.signals) {
    if (signal.kind !== 'prometheus') continue;
    const columns = new Map<string, readonly Series[]>();
    for (const query of signal.queries.flatMap(parsedOf)) {
      if (query.role === 'fresh') continue;
      const at = stretchOf(query, query.expression.span);
      const answer = await asking.vector(query.placed.text);
      if ('failure' in answer) {
        hits.push(unanswered(at, `what ${query.role} returns`, answer));
        continue;
      }
      columns.set(query.role, answer.value);
      hits.push(...doubts(query, answer.value, targets));
    }
    hits.push(...breaching(linted, signal, columns, targets));
  }
  return hits;
}

function doubts(
  query: ParsedQuery,
  series: readonly Series[],
  targets: readonly Target[],
): readonly CodedHit[] {
  const at = stretchOf(query, query.expression.span);
  const hits: CodedHit[] = [];
  const several = targets.filter((target) => seriesOf(target, series, targets).length > 1);
  if (several.length > 0)
    hits.push({
      code: 'online/several-series',
      at,
      message: `${query.role} returns several series now for ${namesOf(several)}`,
    });
  if (query.role === 'bad' || query.signal.emptyIsOk || filtersIn(query.expression).length > 0) return hits;
  const without = targets.filter((target) => seriesOf(target, series, targets).length === 0);
  if (without.length > 0)
    hits.push({
      code: 'online/no-reading',
      at,
      message: `${query.role} returns nothing now for ${namesOf(without)} (${series.length} series in all)`,
    });
  return hits;
}

function breaching(
  { rule, file, path }: LintedRule,
  { min, path: of }: Signal,
  columns: ReadonlyMap<string, readonly Series[]>,
  targets: readonly Target[],
): readonly CodedHit[] {
  // Under `all` and `any` each signal has a comparison of its own, and none of them decides alone.
  if (of.length !== path.length + 1) return [];
  return rule.levels.flatMap(({ severity, condition }) => {
    const { comparison } = condition;
    if (comparison === undefined || comparison.threshold.unit === 'times') return [];
    const now = targets.filter((target) => {
      const value = valueOf(target, columns, { min, targets });
      return value !== null && holds(comparison, value);
    });
    if (now.length === 0) return [];
    return [
      {
        code: 'online/breaching',
        at: file.value([...path, 'levels', severity, comparison.operator]),
        message: `${severity} (${wordComparison(comparison)}) holds now for ${namesOf(now)}`,
      },
    ];
  });
}

function valueOf(
  target: Target,
  columns: ReadonlyMap<string, readonly Series[]>,
  { min, targets }: { readonly min: number | null; readonly targets: readonly Target[] },
): number | null {
  const only = (role: string): number | null => {
    const found = seriesOf(target, columns.get(role) ?? [], targets);
    return found.length === 1 ? (found[0]?.value ?? null) : null;
  };
  if (min === null) return only('query');
  const total = only('total');
  if (total === null || total <= 0 || total < min) return null;
  return columns.has('bad') ? (only('bad') ?? 0) / total : null;
}

/** The series that carry the labels of a target; one without labels is that of the only target. */
function seriesOf(
  { labels }: Target,
  series: readonly Series[],
  targets: readonly Target[],
): readonly Series[] {
  const [first] = series;
  if (series.length === 1 && targets.length === 1 && first !== undefined && isBare(first.labels))
    return series;
  return series.filter((one) =>
    Object.entries(labels).every(([label, value]) => one.labels[label] === value),
  );
}

function isBare(labels: Labels): boolean {
  return Object.keys(labels).every((label) => label === '__name__');
}

const mostNames = 5;

function namesOf(targets: readonly Target[]): string {
  const names = targets.map(({ name }) => name);
  if (names.length <= mostNames) return names.join(', ');
  return `${names.slice(0, mostNames).join(', ')} and ${names.length - mostNames} more`;
}
