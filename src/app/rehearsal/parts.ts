import { crontab } from '../../clients/crontab.ts';
import { decider } from '../../decide/decider.ts';
import { promqlSource } from '../../detect/sources/promql.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { Sources } from '../../domain/ports/source.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Parts, Watcher } from '../../engine/parts.ts';
import { ledgerRow } from '../../record/ledger.ts';
import { registry } from '../../releases/registry.ts';
import { planner } from '../../rollback/planner.ts';
import { confirmer } from '../../verify/confirmer.ts';
import { connect, noEndpoints } from '../connections.ts';
import { ledgerInput } from '../ledger-input.ts';
import { registriesForReading } from '../load.ts';
import { sourcesFor } from '../registries.ts';
import { tell } from '../telling.ts';
import type { SimulatedClock } from './clock.ts';
import { RehearsedDetector } from './detector.ts';
import { rehearsedDrivers } from './drivers.ts';
import type { Production } from './production.ts';
import type { RehearsalOptions } from './rehearsal.ts';
import { rehearsedSources, rehearsedVerifier } from './sources.ts';

/** What the parts of a rehearsal work with. */
interface Around {
  readonly clock: SimulatedClock;
  readonly production: Production;
  readonly store: Store;
  readonly told: Watching;
}

/** Who hears of what the engine takes in and stores. */
export type Watching = Pick<Watcher, 'committed' | 'evaluated'>;

/** The parts of the daemon, its edges replaced. Connections are made for their schemas; none is ever used. */
export function rehearsedParts(
  { configuration, answerer, script, fed = false }: RehearsalOptions,
  { clock, production, store, told }: Around,
): { readonly parts: Parts; readonly detector: RehearsedDetector } {
  const surroundings = { clock, environment: {} };
  const prometheus = answerer === null ? nobody : answerer(clock);
  const connections = { ...connect(noEndpoints, surroundings), prometheus };
  const releases = registry();
  const reading = { ...surroundings, arrivals: { of: (target: string) => releases.arrival(target) } };
  const realSources = {
    ...sourcesFor(connections, reading, '/'),
    ...asking(prometheus, { ...reading, clock }),
  };
  const sources = rehearsedSources(realSources, configuration.rules, { script, clock });
  const detector = new RehearsedDetector({
    clock,
    sources,
    deploys: {
      inGrace: (target) => releases.inGrace(target, clock.now()),
      deploying: (target) => releases.deploying(target, clock.now()),
      watchedClosely: (target) => (releases.migrating(target, clock.now())?.again ?? null) !== null,
    },
    firstWithinMs: 0,
    trusting: script.trusted,
    fed,
  });
  const { drivers: realDrivers } = registriesForReading(surroundings);
  const drivers = rehearsedDrivers(realDrivers, production, script);
  const counter = { i: 0 };
  const parts: Parts = {
    clock,
    ids: {
      next: (prefix) => `${prefix}-${(counter[prefix] += 1)}`,
      unguessable: () => `t-${(counter.i += 1)}`,
    },
    store,
    detection: detector,
    releases,
    observers: production.observers(),
    keeper: null,
    drivers,
    orphans: { find: () => Promise.resolve([]), wait: () => Promise.resolve(true) },
    planner: planner(drivers),
    verifier: rehearsedVerifier(clock, script.fails),
    confirmer,
    decider: decider(crontab()),
    channels: [],
    haltFile: () => null,
    compose: tell,
    scrub: (text) => text,
    ledger: (closed) => ledgerRow(ledgerInput(closed)),
    watcher: { ...told, effectEnded: () => {}, closed: () => {} },
  };
  return { parts, detector };
}

/** Both words of PromQL, answered by the same; nobody takes over from him. */
function asking(
  answerer: Answerer,
  reading: { readonly clock: SimulatedClock; readonly arrivals: Arrivals },
): Sources {
  const scraped: Answerer = {
    name: 'scrape',
    query: (text, at, signal) => answerer.query(text, at, signal),
    queryRange: (text, range, signal) => answerer.queryRange(text, range, signal),
  };
  return {
    prometheus: promqlSource({ kind: 'prometheus', answerer, ...reading }),
    scrape: promqlSource({ kind: 'scrape', answerer: scraped, ...reading }),
  };
}

const nobody: Answerer = {
  name: 'prometheus',
  query: () => Promise.reject(unanswered()),
  queryRange: () => Promise.reject(unanswered()),
};

function unanswered(): RollbackError {
  return new RollbackError('UNREACHABLE', 'nobody answers PromQL in this rehearsal: its readings are fed');
}
