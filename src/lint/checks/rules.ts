import { partsOf } from '../../domain/composition.ts';
import { canonical } from '../../domain/json.ts';
import { formatDuration } from '../../domain/time.ts';
import { printExpression } from '../../promql/print.ts';
import { stretchOf, type Check, type Hit, type LintedRule, type Signal } from '../check.ts';
import { targetsOf } from '../assumptions.ts';
import { bare, walk } from '../walk.ts';

/** Two rules that ask and judge the same. */
export const duplicate: Check = {
  gravity: 'warning',
  why: 'Both breach at the same moments, so each incident has its evidence twice, and a threshold that is tuned in one stays as it was in the other.',
  remedy: 'Remove one of them, or make one rule with several levels of them.',
  *find(lint): Generator<Hit> {
    const seen = new Map<string, LintedRule>();
    for (const linted of lint.rules) {
      const meaning = meaningOf(linted);
      const first = meaning === null ? undefined : seen.get(meaning);
      if (meaning !== null && first === undefined) seen.set(meaning, linted);
      if (first === undefined) continue;
      const apart =
        first.rule.pack !== linted.rule.pack &&
        !targetsOf(lint, linted.rule.pack).some(({ packs }) => packs.includes(first.rule.pack));
      if (apart) continue;
      yield {
        at: linted.file.key(linted.path),
        message: `${linted.rule.id} asks and judges the same as ${first.rule.id}`,
      };
    }
  },
};

/** What a rule asks and how it judges, whatever its layout; null where its queries cannot be read. */
function meaningOf({ rule, signals }: LintedRule): string | null {
  const unread = [...signals];
  const asked = partsOf(rule).map(({ source, comparison = null }) => [
    source.kind,
    comparison,
    promql.has(source.kind) ? meaningOfSignal(unread.shift()) : source.options,
  ]);
  if (asked.some(([, , meaning]) => meaning === null)) return null;
  const levels = rule.levels.map(({ severity, condition, whileDeploying }) => [
    severity,
    condition,
    whileDeploying,
  ]);
  return canonical([rule.scope, rule.source.kind, asked, rule.baseline ?? null, levels]);
}

const promql: ReadonlySet<string> = new Set(['prometheus', 'scrape']);

function meaningOfSignal(signal: Signal | undefined): unknown {
  if (signal === undefined) return null;
  const queries = signal.queries.filter(({ role }) => role !== 'fresh');
  const printed = queries.map(({ role, expression }) =>
    expression === null ? null : [role, printExpression(bare(expression))],
  );
  return printed.includes(null) ? null : [printed, signal.min, signal.emptyIsOk];
}

/** A pack that is included, and applies to nothing. */
export const unused: Check = {
  gravity: 'warning',
  why: 'Rules apply to the targets that name their pack; these are read for nobody.',
  remedy: 'Name the pack in rules: of the targets that it is for, or take it out of include.',
  *find(lint): Generator<Hit> {
    if (lint.main === null) return;
    for (const { name, rules } of lint.packs) {
      const count = lint.rules.filter(({ rule }) => rule.pack === name).length;
      if (rules === null || count === 0 || targetsOf(lint, name).length > 0) continue;
      yield {
        at: rules.key(['rules']),
        message: `no target uses the pack ${name}: none of its ${count} rules is read`,
      };
    }
  },
};

/** Rules that no test speaks of, in a pack that has tests. */
export const noTest: Check = {
  gravity: 'info',
  why: 'The pack has tests, but none would notice if this rule stopped firing.',
  remedy: 'Add a case to a file in the folder tests of the pack, and run rollbackd test.',
  *find({ packs, rules }): Generator<Hit> {
    const named = new Map(
      packs.flatMap(({ name, tests }) => (tests === null ? [] : [[name, wordsIn(tests)] as const])),
    );
    for (const { rule, file, path } of rules)
      if (named.get(rule.pack)?.has(rule.name) === false)
        yield { at: file.key(path), message: `no test names the rule ${rule.name}` };
  },
};

function wordsIn(texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.flatMap((text) => text.match(/[\w-]+/g) ?? []));
}

/** A stated window that is shorter than what the query looks back over. */
export const windowShort: Check = {
  gravity: 'warning',
  why: 'After a rollback a reading proves nothing until its whole range lies after it; a window that is stated too short lets old samples judge the new state.',
  remedy: 'Leave window out: it is then the longest range of the query.',
  *find({ rules }): Generator<Hit> {
    for (const { rule, file, path, signals } of rules)
      for (const query of signals.flatMap(({ queries }) => queries)) {
        if (query.expression === null || query.role === 'fresh') continue;
        for (const { node } of walk(query.expression)) {
          if ((node.kind !== 'range' && node.kind !== 'subquery') || node.rangeMs <= rule.windowMs) continue;
          const stated = file.data([...path, 'window']) !== undefined;
          yield {
            at: stated ? file.value([...path, 'window']) : stretchOf(query, node.span),
            message: `the query looks back over ${formatDuration(node.rangeMs)}, the window is ${formatDuration(rule.windowMs)}`,
          };
        }
      }
  },
};
