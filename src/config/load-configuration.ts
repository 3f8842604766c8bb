import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Configuration, Problem } from '../domain/configuration.ts';
import { digest } from '../domain/json.ts';
import type { Crontab } from '../domain/ports/crontab.ts';
import type { Drivers } from '../domain/ports/driver.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Variables } from '../domain/variables.ts';
import { readCommunications } from './communications.ts';
import { readDataRisks } from './data-risks.ts';
import { deepFreeze } from './deep-freeze.ts';
import { checkExpectations } from './expectations.ts';
import { checkListeners } from './listeners.ts';
import { readMainFile, type DaemonPart, type Defaults } from './main-file.ts';
import { openDocument } from './open-document.ts';
import { membersOf } from './members.ts';
import { openPacks, type Pack } from './packs.ts';
import type { Place } from './place.ts';
import type { PackNames } from './playbook-names.ts';
import { checkFallbacks, readPlaybooks } from './playbooks.ts';
import type { ReadingContext } from './reading-context.ts';
import { readTextFile, type ReadFile } from './read-text.ts';
import { checkReferences, withFittingEmergency } from './references.ts';
import { readRules } from './rules.ts';
import { checkOwnParts, checkShared } from './target-conflicts.ts';
import { checkScraped } from './scrape-references.ts';
import { withTargetPages, type ScrapeSection } from './scraping.ts';
import { checkStores } from './store-references.ts';
import { readTargets } from './targets.ts';

/** What a configuration is read from and judged by. */
export interface LoadOptions {
  /** The main file; packs and relative paths are looked for from its folder. */
  readonly path: string;
  readonly registries: { readonly sources: Sources; readonly drivers: Drivers };
  readonly crontab: Crontab;
  /** For secrets kept in variables. */
  readonly environment: Variables;
  /** Reads configuration and secret files; from the disk unless given. */
  readonly readFile?: ReadFile;
  /** Name of this machine; the system's own unless given. */
  readonly hostname?: string;
}

export type LoadedConfiguration =
  | { readonly ok: true; readonly configuration: Configuration }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads the main file and its packs, checks everything, and fetches the secrets.
 *
 * All or nothing: either a complete, deeply frozen configuration, or every problem of every file at once. Never
 * rejects, whatever the files hold.
 */
export async function loadConfiguration(options: LoadOptions): Promise<LoadedConfiguration> {
  const context = contextOf(options);
  const { problems, warnings } = context.findings;
  const main = await openDocument(options.path, context);
  if (main === 'missing')
    problems.push({
      file: options.path,
      line: 1,
      column: 1,
      path: '',
      message: 'cannot be read: there is no such file',
    });
  if (main === 'missing' || main === null) return { ok: false, problems };
  if (main.value === null || typeof main.value !== 'object' || Array.isArray(main.value)) {
    main.problem('expected a map that begins with version: 1');
    return { ok: false, problems };
  }

  const { daemon, defaults, scrape } = await readMainFile(main, context);
  const packs = await openPacks(main.at('include'), context);
  const parts = readParts(main, { daemon, defaults, scrape, packs }, context);
  if (problems.length > 0) return { ok: false, problems };
  const meant = { ...daemon, ...parts, warnings };
  return { ok: true, configuration: deepFreeze({ ...meant, digest: digest(meant) }) };
}

function contextOf({ path, registries, crontab, environment, ...rest }: LoadOptions): ReadingContext {
  return {
    ...registries,
    crontab,
    environment,
    readFile: rest.readFile ?? readTextFile,
    hostname: rest.hostname ?? hostname(),
    folder: resolve(dirname(path)),
    shownFolder: dirname(path),
    findings: { problems: [], warnings: [] },
  };
}

/** Targets, rules and playbooks, and how they fit together. */
function readParts(
  main: Place,
  {
    daemon,
    defaults,
    scrape: section,
    packs,
  }: { daemon: DaemonPart; defaults: Defaults; scrape: ScrapeSection; packs: readonly Pack[] },
  context: ReadingContext,
): Pick<Configuration, 'scrape' | 'targets' | 'rules' | 'playbooks' | 'communications' | 'dataRisks'> {
  const names = namesOf(packs, 'playbooks');
  const communications = packs.flatMap(({ name, communication }) =>
    communication === null ? [] : readCommunications(communication, name),
  );
  const placedPlaybooks = packs.flatMap(({ name, playbooks }) =>
    playbooks === null
      ? []
      : readPlaybooks(
          playbooks,
          {
            pack: name,
            playbooks: names,
            communications: namesOf(packs, 'communication'),
            allowedPrograms: daemon.allowedPrograms,
          },
          context,
        ),
  );
  checkFallbacks(placedPlaybooks);
  const setting = { playbooks: names, defaults, allowedPrograms: daemon.allowedPrograms };
  const placedRules = packs.flatMap(({ name, rules }) =>
    rules === null ? [] : readRules(rules, { pack: name, ...setting }, context),
  );
  const placedTargets = readTargets(main.at('targets'), {
    ...defaults,
    packs: packs.map(({ name }) => name),
    playbooks: names,
    gitProtocols: daemon.gitProtocols,
    dataStores: daemon.dataStores,
    host: daemon.host,
  });
  const playbooks = Object.fromEntries(placedPlaybooks.map(({ playbook }) => [playbook.id, playbook]));
  checkShared(placedTargets);
  checkOwnParts(placedTargets, {
    prometheusUrl: daemon.prometheus?.url ?? null,
    dockerUrl: daemon.docker !== null && 'url' in daemon.docker ? daemon.docker.url : null,
    hostname: context.hostname,
    store: daemon.store,
    stateDir: daemon.stateDir,
  });
  const scrape = withTargetPages(main.at('scrape'), section, placedTargets);
  checkReferences(placedTargets, placedRules, playbooks, daemon);
  checkStores(placedTargets, placedRules, playbooks, daemon);
  checkScraped(main, { targets: placedTargets, rules: placedRules }, { ...daemon, scrape });
  checkExpectations(placedTargets, placedRules, playbooks);
  const rules = placedRules.map(({ rule }) => rule);
  checkListeners(main, { targets: placedTargets, rules }, daemon);
  return {
    scrape,
    targets: Object.fromEntries(
      placedTargets.map((placed) => [placed.target.name, withFittingEmergency(placed, playbooks)]),
    ),
    rules,
    playbooks,
    communications: Object.fromEntries(communications.map((plan) => [plan.id, plan])),
    dataRisks: readDataRisks(packs.flatMap(({ dataRisks }) => dataRisks ?? [])),
  };
}

/** What all packs have of one kind. */
function namesOf(packs: readonly Pack[], file: 'playbooks' | 'communication'): PackNames {
  const ids = packs.flatMap(({ name, [file]: place }) =>
    Object.keys(membersOf(place?.value)).map((own) => `${name}/${own}`),
  );
  const broken = packs.filter(({ unreadable }) => unreadable.has(file));
  return { ids: new Set(ids), unreadable: new Set(broken.map(({ name }) => name)) };
}
