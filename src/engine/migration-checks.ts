import { holds, type BackedUp, type BackupRecipe } from '../domain/backup.ts';
import { demandOf, type DataWorth } from '../domain/data-risk.ts';
import { policyOf } from '../domain/environment.ts';
import { freshSetMs, type MigrationCheck, type MigrationView } from '../domain/migration.ts';
import type { BackupSetView } from '../domain/ports/backups.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { IncidentRow } from '../domain/ports/store.ts';
import { nameRelease } from '../domain/release.ts';
import type { Target } from '../domain/target.ts';
import { formatDuration } from '../domain/time.ts';
import type { Core } from './core.ts';
import { haltedBecause } from './situation.ts';

/** What is known before a migration begins. */
export interface Assessed extends Pick<MigrationView, 'checks' | 'refusals' | 'confirm' | 'needsSet'> {
  /** What the set has to hold. */
  readonly held: readonly BackedUp[];
  /** The last incident of the target whose rollback was verified; null unless it is tried again. */
  readonly again: IncidentRow | null;
}

/** Looks at everything that a migration of a target needs. Changes nothing. */
export async function assessMigration(
  core: Core,
  target: Target,
  { recipe: name, again }: Pick<Parameters<Daemon['migration']>[0], 'recipe' | 'again'>,
): Promise<Assessed> {
  const { configuration } = core.book;
  const needsSet = policyOf(configuration).backups === 'made';
  const refusals = [...whyNotNow(core, target)];
  const recipe = name === null ? null : (configuration.backups?.recipes[name] ?? null);
  if (name !== null && recipe === null && needsSet) refusals.push(noRecipe(core, name));
  const data = recipe === null || !needsSet ? noData : dataOf(recipe, core);
  const last = again ? await lastRollback(core, target.name) : null;
  if (again && last?.outcome !== 'rolled_back') refusals.push(notVerified(target.name, last));
  return {
    needsSet,
    held: data.held,
    refusals: [...refusals, ...data.problems],
    confirm: policyOf(configuration).asks === 'people' ? data.confirm : [],
    again: last,
    checks: [
      ...(last === null ? [] : [verified(last)]),
      ...knownChecks(core, target, data.left),
      ...(again ? forPeople : []),
    ],
  };
}

/** Why a set cannot stand behind a migration; null: it can. */
export function whyNotSet(
  found: BackupSetView | null,
  {
    id,
    recipe,
    held,
    after,
    now,
  }: {
    readonly id: string;
    readonly recipe: string;
    readonly held: readonly BackedUp[];
    /** It has to be younger than this instant. */
    readonly after: number;
    readonly now: number;
  },
): string | null {
  if (found === null) return `there is no backup set ${id}; rollbackd backup list shows those there are`;
  const { set, verdict } = found;
  if (set.recipe !== recipe) return `${id} was made by the recipe ${set.recipe}, not by ${recipe}`;
  if (verdict === null) return `${id} was never read back; rollbackd backup verify ${id}`;
  if (verdict.problems.length > 0) return `${id} did not read back: ${verdict.problems.join('; ')}`;
  if (now - set.madeAt > freshSetMs || set.madeAt < after)
    return `${id} is ${formatDuration(now - set.madeAt)} old: a migration takes a set that was made for it`;
  const lacks = held.filter((wanted) => !set.parts.some((part) => holds(part, wanted)));
  if (lacks.length === 0) return null;
  return `${id} does not hold ${lacks.map(({ kind, name }) => `${kind}:${name}`).join(', ')}`;
}

function whyNotNow({ parts, book }: Core, { name }: Target): readonly string[] {
  const at = parts.clock.now();
  const halted = haltedBecause(parts, book);
  const frozen = parts.decider.frozen(name, at, book.controls, book.configuration.freezes);
  const open = book.on(name)?.incident.context.id ?? null;
  const migration = parts.releases.migrating(name, at);
  return [
    halted === null ? [] : `nothing may start: ${halted}`,
    frozen === null ? [] : frozen,
    open === null ? [] : `${open} is open on ${name}; rollbackd show ${open}`,
    migration === null
      ? []
      : `a migration of ${name} by ${migration.by} goes on for ${formatDuration(migration.until - at)} more; rollbackd migrate end ${name}`,
  ].flat();
}

function noRecipe({ book: { configuration } }: Core, name: string): string {
  const known = Object.keys(configuration.backups?.recipes ?? {});
  if (known.length === 0) return 'no backups are configured; add backups: to the main file';
  return `there is no recipe ${name}; the configuration has ${known.join(', ')}`;
}

interface DataFound {
  readonly held: readonly BackedUp[];
  readonly problems: readonly string[];
  readonly confirm: readonly string[];
  /** Stores that the recipe leaves out, though they are worth something. */
  readonly left: readonly string[];
}

const noData: DataFound = { held: [], problems: [], confirm: [], left: [] };

/** What the table of data risks asks for, store by store. */
function dataOf(recipe: BackupRecipe, { book: { configuration } }: Core): DataFound {
  const worth: DataWorth = { risks: configuration.dataRisks, stores: configuration.dataStores };
  const demands = recipe.stores.map((name) => ({ name, ...demandOf({ kind: 'store', name }, worth) }));
  const inRecipe = (thing: BackedUp): boolean =>
    thing.kind === 'volume' ? recipe.volumes.includes(thing.name) : recipe.stores.includes(thing.name);
  const lacking = demands.flatMap(({ name, held }) =>
    held
      .filter((thing) => !inRecipe(thing))
      .map(
        (thing) =>
          `${name} is not safe to migrate without its ${thing.kind} ${thing.name}, which the recipe ${recipe.name} leaves out`,
      ),
  );
  return {
    held: demands.flatMap(({ held }) => held),
    problems: [...demands.flatMap(({ problem }) => problem ?? []), ...lacking],
    confirm: demands.flatMap(({ name, asks, row }) =>
      asks && row !== null
        ? `${name}: ${row.risk} risk of loss${row.note === '' ? '' : `, ${row.note}`}`
        : [],
    ),
    left: Object.values(worth.stores).flatMap(({ name, kind }) => {
      const free = worth.risks[kind]?.risk === 'none';
      return free || recipe.stores.includes(name) ? [] : `${name} (${kind})`;
    }),
  };
}

async function lastRollback({ parts }: Core, target: string): Promise<IncidentRow | null> {
  const rows = await parts.store.incidents({ target, limit: 1_000 });
  return rows.find(({ marks }) => marks.firstEffectAt !== null) ?? null;
}

function notVerified(target: string, last: IncidentRow | null): string {
  if (last === null)
    return `nothing was rolled back on ${target}: rollbackd migrate begin is for a migration that is not tried again`;
  return `the last rollback of ${target}, ${last.id}, was not verified: ${(last.outcome ?? last.state).replaceAll('_', ' ')}`;
}

function verified({ id, marks, closedAt }: IncidentRow): MigrationCheck {
  const at = marks.verifiedAt ?? closedAt;
  const when = at === null ? '' : `, ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return { what: 'the last rollback was verified', done: true, detail: `${id}${when}` };
}

function knownChecks(
  { parts, book }: Core,
  target: Target,
  left: readonly string[],
): readonly MigrationCheck[] {
  const current = parts.releases.current(target.name);
  const armed = parts.detection
    .views(target.name)
    .filter(({ armed: counts, levels }) => counts && levels.some(({ severity }) => severity === 'critical'));
  const plan = book.configuration.playbooks[target.playbook]?.communication ?? null;
  return [
    {
      what: 'what runs now is proven good, to be gone back to',
      done: current?.standing === 'good',
      detail: current === null ? 'nothing was seen to run' : `${nameRelease(current)} is ${current.standing}`,
    },
    {
      what: 'the recipe holds every store of data',
      done: left.length === 0,
      detail: left.length === 0 ? '' : `left out: ${left.join(', ')}`,
    },
    {
      what: 'rollback triggers are present',
      done: armed.length > 0,
      detail: `${armed.length === 1 ? '1 armed rule' : `${armed.length} armed rules`} with a CRITICAL level`,
    },
    {
      what: 'users are told by a communication plan',
      done: plan !== null,
      detail: plan ?? `the playbook ${target.playbook} names none`,
    },
  ];
}

/** What only people know before a migration is tried again. */
const forPeople: readonly MigrationCheck[] = [
  'the fix was tested in staging',
  'the way back was updated by what was learnt',
  'the failure would be seen earlier now',
  'the team was briefed',
  'a maintenance window was agreed on, where one is needed',
].map((what) => ({ what, done: null, detail: '' }));
