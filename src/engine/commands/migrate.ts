import type { Actor, Command } from '../../domain/command.ts';
import type { Migration } from '../../domain/migration.ts';
import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Target } from '../../domain/target.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Core } from '../core.ts';
import { assessMigration, whyNotSet, type Assessed } from '../migration-checks.ts';
import { incidentsSince, setMigration, whatBreached } from '../migrations.ts';
import { haltedBecause } from '../situation.ts';
import type { Turn } from '../turn.ts';
import { accepted, refused, unknownTarget } from './answers.ts';

type Migrate = Extract<Command, { do: 'migrate' }>;
type Begin = Extract<Migrate, { phase: 'begin' | 'retry' }>;
type End = Extract<Migrate, { phase: 'end' }>;

/** Opens and closes the window of a migration: levels that are valid `while: deploying` count in it. */
export async function migrate(core: Core, command: Migrate, actor: Actor): Promise<CommandAnswer> {
  const target = core.book.target(command.target);
  if (target === null) return unknownTarget(core, command.target);
  return command.phase === 'end' ? end(core, command, actor) : begin(core, target, command, actor);
}

async function begin(core: Core, target: Target, command: Begin, actor: Actor): Promise<CommandAnswer> {
  const { name } = target;
  const again = command.phase === 'retry';
  if (again && command.fixed === '')
    return refused(`${name} was rolled back: say what was found and fixed since, with --fixed`);
  const assessed = await assessMigration(core, target, { recipe: command.recipe, again });
  const problem = assessed.refusals.join('; ') || (await setProblem(core, command, assessed));
  if (problem !== null) return refused(`no migration of ${name}: ${problem}`);
  if (assessed.confirm.length > 0 && !command.confirmed)
    return refused(
      `no migration of ${name}: a person has to confirm what may be lost: ${assessed.confirm.join('; ')}`,
    );
  const answer = await core.turn((turn) => open(core, turn, { target, command, actor, assessed }));
  core.hints.give(name);
  return answer;
}

async function setProblem(core: Core, command: Begin, assessed: Assessed): Promise<string | null> {
  if (!assessed.needsSet) return null;
  const { set: id, recipe } = command;
  if (id === null) return 'it takes a backup set that was made for it';
  const found = (await core.parts.backupSet?.(id)) ?? null;
  const after = assessed.again?.closedAt ?? 0;
  return whyNotSet(found, { id, recipe, held: assessed.held, after, now: core.parts.clock.now() });
}

interface Opening {
  readonly target: Target;
  readonly command: Begin;
  readonly actor: Actor;
  readonly assessed: Assessed;
}

function open(core: Core, turn: Turn, { target, command, actor, assessed }: Opening): CommandAnswer {
  const { parts, book } = core;
  const { name } = target;
  // Both may have come while the set was looked at.
  const halted = haltedBecause(parts, book);
  if (halted !== null) return refused(`nothing may start: ${halted}; rollbackd unhalt first`);
  if (parts.releases.migrating(name, turn.at) !== null)
    return refused(`a migration of ${name} goes on already; rollbackd migrate end ${name}`);
  const current = parts.releases.current(name);
  const { note, recipe, set, withinMs, fixed } = command;
  const migration: Migration = {
    by: actor.name,
    since: turn.at,
    until: turn.at + withinMs,
    recipe,
    set: assessed.needsSet ? set : null,
    release: current?.id ?? null,
    commit: current?.components.find(({ kind }) => kind === 'commit')?.value ?? null,
    note,
    again: assessed.again === null ? null : { incident: assessed.again.id, fixed },
  };
  setMigration(parts, turn, name, migration);
  book.toPin.add(name);
  turn.note({
    type: 'migration.begun',
    target: name,
    message: begun(name, migration),
    facts: { ...migration, confirmed: command.confirmed ? assessed.confirm : [] },
  });
  const holds = `levels that are valid while deploying count for ${formatDuration(withinMs)}`;
  const closer = migration.again === null ? '' : ', its rules are read more often';
  return accepted(`${name}: ${holds}${closer}; rollbackd migrate end ${name}`);
}

function begun(target: string, { by, since, until, set, again, note }: Migration): string {
  const what = again === null ? `began a migration of ${target}` : `tries the migration of ${target} again`;
  const behind = set === null ? 'without a backup set, as this environment makes none' : `behind ${set}`;
  const fixed = again === null ? '' : `; fixed since ${again.incident}: ${again.fixed}`;
  return `${by} ${what}, for ${formatDuration(until - since)} at most, ${behind}${fixed}${note === '' ? '' : `: ${note}`}`;
}

async function end(core: Core, { target, failed, note }: End, actor: Actor): Promise<CommandAnswer> {
  const { parts } = core;
  const going = parts.releases.migrating(target, parts.clock.now());
  if (going === null) return refused(`no migration of ${target} goes on`);
  const rows = await incidentsSince(core, target, going);
  const rules = parts.detection.views(target).length;
  return core.turn((turn) => {
    if (parts.releases.migrating(target, turn.at)?.since !== going.since)
      return refused(`no migration of ${target} goes on`);
    setMigration(parts, turn, target, null);
    const lasted = formatDuration(turn.at - going.since);
    const watched = `${rules === 1 ? '1 rule was' : `${rules} rules were`} watched for ${lasted}; ${whatBreached(rows)}`;
    turn.note({
      type: failed ? 'migration.failed' : 'migration.ended',
      target,
      message: `${actor.name} ended the migration of ${target}${failed ? ' as failed' : ''}${note === '' ? '' : `: ${note}`}; ${watched}`,
      facts: { by: actor.name, since: going.since, set: going.set, incidents: rows.map(({ id }) => id) },
    });
    return accepted(`the migration of ${target} ended ${failed ? 'badly' : 'well'}: ${watched}`);
  });
}
