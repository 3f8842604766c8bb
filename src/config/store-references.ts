import type { Configuration } from '../domain/configuration.ts';
import type { Playbook } from '../domain/playbook.ts';
import { placedParts } from './composed.ts';
import type { PlacedRule } from './rules.ts';
import { suggestion } from './suggest.ts';
import type { PlacedTarget } from './targets.ts';

/** What names are looked up in. */
type Known = Pick<Configuration, 'dataStores' | 'backups'>;

/**
 * Warns of data stores and backup recipes that rules, checks and steps in use speak of and the main file does not have: a
 * pack does not know what they are called here. What reads them is unknown, and what needs them is refused.
 */
export function checkStores(
  placed: readonly PlacedTarget[],
  rules: readonly PlacedRule[],
  playbooks: Readonly<Record<string, Playbook>>,
  known: Known,
): void {
  const used = new Set(placed.flatMap(({ target }) => target.packs));
  for (const { rule, place } of rules) {
    if (!used.has(rule.pack)) continue;
    for (const { at, source } of placedParts(place, rule))
      for (const problem of unknownIn(source.options, known))
        at.at(source.kind).warning(problem, 'target/unknown-store', 'key');
  }
  for (const { target, place } of placed) {
    const playbook = playbooks[target.playbook];
    for (const problem of playbook === undefined ? [] : new Set(unknownOf(playbook, known)))
      place.at('playbook').warning(`playbook ${target.playbook}: ${problem}`, 'target/unknown-store');
  }
}

function unknownOf({ steps, verification }: Playbook, known: Known): readonly string[] {
  const checks = verification.phases.flatMap((phase) => phase.checks);
  return [
    ...steps.flatMap(({ kind, options }) =>
      unknownIn(options, known).map((problem) => `step ${kind}: ${problem}`),
    ),
    ...checks.flatMap((check) =>
      'source' in check
        ? unknownIn(check.source.options, known).map((problem) => `check ${check.name}: ${problem}`)
        : [],
    ),
  ];
}

/** The names under `store`, `stores` and `recipe` that are nowhere; templates are not known yet. */
function unknownIn(options: unknown, { dataStores, backups }: Known): readonly string[] {
  if (options === null || typeof options !== 'object') return [];
  const { store, stores, recipe } = options as Readonly<Record<string, unknown>>;
  const named = [store, ...(Array.isArray(stores) ? (stores as readonly unknown[]) : [])];
  return [
    ...named.flatMap((name) => unknownName('data store', name, Object.keys(dataStores))),
    ...unknownName('backup recipe', recipe, Object.keys(backups?.recipes ?? {})),
  ];
}

function unknownName(what: string, name: unknown, known: readonly string[]): readonly string[] {
  if (typeof name !== 'string' || name === '' || name.includes('${') || known.includes(name)) return [];
  return [`there is no ${what} ${name}${suggestion(name, known)}`];
}
