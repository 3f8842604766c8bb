import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Configuration, RecurringFreeze } from '../domain/configuration.ts';
import { DAY, HOUR, MINUTE } from '../domain/time.ts';
import { readBackups } from './backups.ts';
import { readChannels } from './channels.ts';
import { readDocker, readPrometheus, readPublicUrl } from './connections.ts';
import { readDataStores } from './data-stores.ts';
import { readEnvironments } from './environments.ts';
import { readListen, readTokens } from './listening.ts';
import {
  budgetShape,
  defaultsShape,
  freezeShape,
  mainShape,
  reloadShape,
  retentionShape,
} from './main-shapes.ts';
import { readApprovers, readNotify } from './notifying.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { defaultEveryMs, type RuleDefaults } from './rules.ts';
import { readScraping, type ScrapeSection } from './scraping.ts';
import { defaultWithinMs } from './wants.ts';

/** The daemon's own part of a configuration: everything but targets, packs and what is scraped. */
export type DaemonPart = Omit<
  Configuration,
  'scrape' | 'targets' | 'rules' | 'playbooks' | 'communications' | 'dataRisks' | 'warnings' | 'digest'
>;

/** What rules and targets fall back to. */
export interface Defaults extends RuleDefaults {
  readonly graceMs: number;
  readonly bakeMs: number;
  readonly cooldownMs: number;
}

/** Reads the main file's keys, each by itself, so that one that is wrong hides none of the others. */
export async function readMainFile(
  place: Place,
  context: ReadingContext,
): Promise<{ readonly daemon: DaemonPart; readonly defaults: Defaults; readonly scrape: ScrapeSection }> {
  const fields = place.fields(mainShape);
  const store = readStore(place.at('store'), fields.store, context.folder);
  const blindAfterMs = fields.blind_after ?? 5 * MINUTE;
  const stateDir =
    fields.state_dir === undefined ? dirname(store) : resolve(context.folder, fields.state_dir);
  const haltFile =
    fields.halt_file === undefined ? join(dirname(store), 'HALT') : resolve(context.folder, fields.halt_file);
  const tokens = await readTokens(place.at('tokens'), context);
  const dataStores = await readDataStores(place.at('data_stores'), context);
  const docker = readDocker(place.at('docker'));
  const fileRoots = fields.file_roots ?? [];
  const daemon: DaemonPart = {
    environment: fields.environment ?? 'production',
    environments: readEnvironments(place.at('environments')),
    mode: fields.mode ?? 'notify',
    store,
    stateDir,
    haltFile,
    listen: readListen(
      place.at('listen'),
      Array.isArray(place.at('tokens').value) && place.at('tokens').has('0'),
    ),
    tokens,
    prometheus: await readPrometheus(place.at('prometheus'), context),
    docker,
    channels: await readChannels(place, { ...context, tokens }),
    notify: readNotify(place),
    approvers: readApprovers(place),
    publicUrl: readPublicUrl(place.at('public_url')),
    hostRoot: fields.host_root ?? '/',
    host: fields.host ?? context.hostname,
    allowedPrograms: fields.allowed_programs ?? [],
    dataStores,
    fileRoots,
    backups: readBackups(place.at('backups'), { dataStores, docker, fileRoots }, context),
    gitProtocols: fields.git_protocols ?? ['https', 'ssh', 'file'],
    budget: readBudget(place.at('budget')),
    retention: readRetention(place.at('retention')),
    blindAfterMs,
    reload: readReload(place.at('reload')),
    freezes: readFreezes(place.at('freeze'), context),
  };
  const scrape = await readScraping(place.at('scrape'), context);
  return { daemon, defaults: readDefaults(place.at('defaults'), blindAfterMs), scrape };
}

function readStore(place: Place, written: string | undefined, folder: string): string {
  const fallback = '/var/lib/rollbackd/rollbackd.db';
  if (written === undefined) return fallback;
  const path = written.startsWith('sqlite:') ? written.slice('sqlite:'.length) : '';
  if (path === '' || path.startsWith('//') || /\p{Cc}/u.test(path)) {
    place.problem('expected sqlite:PATH such as sqlite:/var/lib/rollbackd/rollbackd.db');
    return fallback;
  }
  return isAbsolute(path) ? path : resolve(folder, path);
}

function readBudget(place: Place): Configuration['budget'] {
  if (place.value === undefined) return { rollbacks: 3, perMs: HOUR };
  const { rollbacks, per } = place.fields(budgetShape);
  return { rollbacks: rollbacks ?? 3, perMs: per ?? HOUR };
}

function readRetention(place: Place): Configuration['retention'] {
  const { incidents, readings, replaced } = place.value === undefined ? {} : place.fields(retentionShape);
  return {
    incidentsMs: incidents ?? 400 * DAY,
    readingsMs: readings ?? 14 * DAY,
    replacedMs: replaced ?? DAY,
  };
}

function readReload(place: Place): Configuration['reload'] {
  if (place.value === undefined) return { watch: true };
  const { watch } = place.fields(reloadShape);
  return { watch: watch ?? true };
}

function readFreezes(place: Place, { crontab }: ReadingContext): readonly RecurringFreeze[] {
  return place.items('freezes').flatMap((item) => {
    const fields = item.fields(freezeShape);
    const problem = fields.cron === undefined ? null : crontab.problem(fields.cron);
    if (problem !== null) item.at('cron').problem(`is not a cron expression: ${problem}`);
    if (fields.cron === undefined || fields.for === undefined || fields.reason === undefined) return [];
    return [{ cron: fields.cron, forMs: fields.for, reason: fields.reason }];
  });
}

function readDefaults(place: Place, blindAfterMs: number): Defaults {
  const fields = place.value === undefined ? {} : place.fields(defaultsShape);
  return {
    blameMs: fields.blame === undefined ? DAY : fields.blame.withinMs,
    everyMs: fields.every ?? defaultEveryMs,
    withinMs: fields.within ?? defaultWithinMs,
    blindAfterMs,
    cooldownMs: fields.cooldown ?? HOUR,
    graceMs: fields.grace ?? MINUTE,
    bakeMs: fields.bake ?? 10 * MINUTE,
  };
}
