import type { StatusView, TargetView } from '../domain/ports/daemon.ts';
import type { Paint } from './paint.ts';
import { clockTime } from './times.ts';

/** What changes the meaning of everything else: halts, freezes, migrations, blindness, a configuration that is not the newest. */
export function bannerLines(
  { halted, blind, scrape, unknownSeries, targets, configuration, now }: StatusView,
  paint: Paint,
): string[] {
  const { lastReloadFailed, loadedAt } = configuration;
  const strangers = Object.entries(unknownSeries).map(([labels, count]) => `${labels} (${count})`);
  return [
    ...(halted === null
      ? []
      : [
          `${paint.alarm(' HALTED ')} ${halted.replace(/^halted /, '')}; nothing starts until: rollbackd unhalt`,
        ]),
    ...freezes(targets).map((line) => `${paint.yellow('FROZEN')}  ${line}`),
    ...targets.flatMap((target) => migrationLine(target, now, paint)),
    ...(blind.length === 0
      ? []
      : [`${paint.yellow('BLIND')}  cannot see through ${blind.join(', ')}; rollbackd doctor`]),
    ...scrapeLines(scrape, now, paint),
    ...reloadLines(lastReloadFailed, clockTime(loadedAt, now), paint),
    ...(strangers.length === 0 ? [] : [paint.dim(`series of no target: ${strangers.join(', ')}`)]),
  ];
}

/** A migration that goes on: levels count in it that count at no other time. */
function migrationLine({ name, migration }: TargetView, now: number, paint: Paint): string[] {
  if (migration === null) return [];
  const { by, until, note, again } = migration;
  const what = again === null ? 'by' : 'tried again by';
  return [
    `${paint.cyan('MIGRATION')}  ${name}: ${what} ${by} until ${clockTime(until, now)}${note === '' ? '' : `: ${note}`}; rollbackd migrate end ${name}`,
  ];
}

/** Why the last reload was not taken over: in one line, or a line for each problem. */
function reloadLines(problem: string | null, loadedAt: string, paint: Paint): string[] {
  if (problem === null) return [];
  const [first = '', ...more] = problem.split('\n');
  const failed = paint.yellow('RELOAD FAILED');
  if (more.length === 0) return [`${failed}  ${first}; still the one of ${loadedAt}`];
  return [
    `${failed}  ${more.length + 1} problems; still the one of ${loadedAt}`,
    ...[first, ...more].map((line) => `  ${line}`),
  ];
}

/** Who answers for whom, and pages that say nothing now. */
function scrapeLines({ insteadOf, pages }: StatusView['scrape'], now: number, paint: Paint): string[] {
  const lost = pages.flatMap(({ name, last }) =>
    last === null || last.problem === null ? [] : [`${name}: ${last.problem}`],
  );
  return [
    ...(insteadOf === null
      ? []
      : [
          `${paint.yellow('FALLBACK')}  scraped pages answer for ${insteadOf.source} since ${clockTime(insteadOf.since, now)}: ${insteadOf.detail}`,
        ]),
    ...lost.map((line) => `${paint.yellow('NOT SCRAPED')}  ${line}`),
  ];
}

/** One line a reason, with the targets it holds for; many that are all need not be named. */
function freezes(targets: StatusView['targets']): string[] {
  const byReason = Map.groupBy(
    targets.filter(({ frozen }) => frozen !== null),
    ({ frozen }) => frozen ?? '',
  );
  return [...byReason].map(([reason, frozen]) => {
    const all = targets.length > 1 && frozen.length === targets.length;
    const names = all ? 'all targets' : frozen.map(({ name }) => name).join(', ');
    return `${names}: ${reason}; automatic rollbacks are questions`;
  });
}
