import type { Migration, MigrationCheck, MigrationView } from '../../domain/migration.ts';
import { formatDuration } from '../../domain/time.ts';
import type { Paint } from '../paint.ts';
import { timeAndDistance } from '../times.ts';

/** The checklist: what the daemon knows is ticked or struck, the rest is for people. */
export function checkLines({ target, checks }: MigrationView, fixed: string, paint: Paint): string[] {
  const said: MigrationCheck[] =
    fixed === '' ? [] : [{ what: 'the cause was found and fixed', done: true, detail: fixed }];
  const rows = [...said, ...checks].map(({ what, done, detail }) => {
    const box = done === null ? '[ ]' : done ? paint.green('[x]') : paint.yellow('[!]');
    return `${box} ${what}${detail === '' ? '' : `: ${detail}`}`;
  });
  return [paint.bold(`CHECKLIST of ${target}`), ...rows];
}

/** A window that is open, in a few lines. */
export function migrationLines(target: string, migration: Migration, now: number, paint: Paint): string[] {
  const { by, since, until, recipe, set, release, commit, note, again } = migration;
  const what = again === null ? 'migration' : 'migration, tried again';
  return [
    `${paint.bold(target)}  ${what} by ${by} since ${timeAndDistance(since, now)}, ${formatDuration(Math.max(0, until - now))} left${note === '' ? '' : `: ${note}`}`,
    `  set ${set ?? 'none'} of ${recipe}, release ${release ?? 'unknown'}${commit === null ? '' : `, commit ${commit}`}`,
    ...(again === null ? [] : [`  fixed since ${again.incident}: ${again.fixed}`]),
  ];
}
