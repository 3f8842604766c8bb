import { refusedAccessMessage, type RefusedAccess } from '../domain/access.ts';
import { sumOfTallies } from '../domain/data-integrity.ts';
import type { Actor, Command } from '../domain/command.ts';
import type { CommandAnswer, Daemon, DoctorView } from '../domain/ports/daemon.ts';
import type { RtoView } from '../domain/ports/rto.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { ScrapeView } from '../domain/scraping.ts';
import { execute } from '../engine/commands/execute.ts';
import { dryRun } from '../engine/dry-run.ts';
import type { Engine } from '../engine/engine.ts';
import { haltedBecause } from '../engine/situation.ts';
import { askedView } from '../engine/views/asked.ts';
import { incidentView } from '../engine/views/incident.ts';
import { migrationView } from '../engine/views/migration.ts';
import { releasesView, statusView } from '../engine/views/status.ts';
import { gate } from '../releases/gate.ts';
import { keysOf } from './keys.ts';
import type { Answerers } from './explain/explain.ts';
import { summarise } from '../record/rto.ts';

/** What the facade needs beside the engine. */
export interface DaemonParts {
  readonly engine: Engine;
  readonly version: string;
  readonly loaded: () => { readonly loadedAt: number; readonly lastReloadFailed: string | null };
  readonly reload: () => Promise<CommandAnswer>;
  readonly doctor: () => Promise<DoctorView>;
  readonly metrics: () => Promise<string>;
  readonly answerers: Answerers;
  readonly scrape: () => ScrapeView;
  readonly vault: Pick<Vault, 'sign'>;
  readonly notifyTest: Daemon['notifyTest'];
  readonly onJournaled: Daemon['onJournaled'];
  readonly refusedAccess: (refused: RefusedAccess) => void;
}

/** The running daemon, as its API and its commands see it. */
export function daemonOf({
  engine,
  version,
  loaded,
  reload,
  doctor,
  metrics,
  answerers,
  scrape,
  vault,
  notifyTest,
  onJournaled,
  refusedAccess,
}: DaemonParts): Daemon {
  const { core } = engine;
  const { store } = core.parts;
  return {
    execute: (command: Command, actor: Actor) => execute(core, command, actor),
    status: () => {
      const { digest } = core.book.configuration;
      const configuration = { digest, ...loaded() };
      const self = { version, startedAt: engine.startedAt, configuration, scrape: scrape() };
      return Promise.resolve(statusView(core, self));
    },
    incidents: (filter) => store.incidents(filter),
    incident: (id) => incidentView(core, id),
    explain: async (request) => {
      const { explain } = await import('./explain/explain.ts');
      return explain(core, answerers, request, new AbortController().signal);
    },
    plan: (request) => dryRun(core, request),
    migration: (request) => migrationView(core, request),
    releases: (target) => Promise.resolve(releasesView(core, target)),
    gate: (target, release) => Promise.resolve(gateNow(engine, target, release)),
    rto: (filter) => rtoView(engine, filter),
    doctor,
    verifyJournal: () => store.verifyJournal(),
    entries: (filter) => store.entries(filter),
    head: async () => (await store.head()).seq,
    onJournaled,
    asked: (ticket) => askedView(core, ticket),
    ...keysOf(core, vault),
    report: async (id) => {
      const { report } = await import('./report.ts');
      return report(core, id);
    },
    notifyTest,
    refusedAccess: (refused) => {
      refusedAccess(refused);
      const note = { type: 'access.refused', message: refusedAccessMessage(refused), facts: { ...refused } };
      core.turn((turn) => turn.note(note)).catch((error: unknown) => core.fail(error));
    },
    ready: () => engine.ready(),
    metrics,
    reload,
  };
}

function gateNow({ core }: Engine, target: string, release: string | null) {
  const { parts, book } = core;
  if (book.target(target) === null) return { open: false, reasons: [`there is no target ${target}`] };
  const at = parts.clock.now();
  const named = release === null ? null : parts.releases.find(target, release);
  return gate({
    target,
    incident: book.on(target)?.incident.context.id ?? null,
    halted: haltedBecause(parts, book),
    frozen: parts.decider.frozen(target, at, book.controls, book.configuration.freezes),
    release: named,
  });
}

async function rtoView(
  { core }: Engine,
  filter: { readonly target?: string; readonly sinceMs?: number },
): Promise<RtoView> {
  const since = filter.sinceMs === undefined ? {} : { since: core.parts.clock.now() - filter.sinceMs };
  const rows = await core.parts.store.ledger({
    ...(filter.target === undefined ? {} : { target: filter.target }),
    ...since,
  });
  const data = sumOfTallies(rows.map((row) => row.data));
  return { incidents: rows.length, rows, data, summary: summarise(rows) };
}
