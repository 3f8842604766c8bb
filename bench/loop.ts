import { z } from 'zod';
import { ledgerInput } from '../src/app/ledger-input.ts';
import { haltFile } from '../src/app/halt-file.ts';
import { randomIds } from '../src/app/ids.ts';
import { tell } from '../src/app/telling.ts';
import { crontab } from '../src/clients/crontab.ts';
import { decider } from '../src/decide/decider.ts';
import { Detector } from '../src/detect/detector.ts';
import type { Configuration } from '../src/domain/configuration.ts';
import type { Clock } from '../src/domain/ports/clock.ts';
import type { Driver } from '../src/domain/ports/driver.ts';
import type { Observer } from '../src/domain/ports/observer.ts';
import type { Source } from '../src/domain/ports/source.ts';
import type { Store } from '../src/domain/ports/store.ts';
import type { Component, Release } from '../src/domain/release.ts';
import { releaseId } from '../src/domain/release.ts';
import type { Rule } from '../src/domain/rule.ts';
import type { Target } from '../src/domain/target.ts';
import { Engine } from '../src/engine/engine.ts';
import type { Parts } from '../src/engine/parts.ts';
import { ledgerRow } from '../src/record/ledger.ts';
import { registry } from '../src/releases/registry.ts';
import { planner } from '../src/rollback/planner.ts';
import { confirmer } from '../src/verify/confirmer.ts';
import { verifier } from '../src/verify/verifier.ts';

/** What the loop is run on: everything real except where it reads, looks and acts. */
export interface LoopOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly rules: readonly Rule[];
  readonly targets: readonly Target[];
  readonly source: Source<string>;
  readonly observer: Observer;
  readonly driver: Driver;
  readonly haltFile: string;
  readonly onFatal: (error: unknown) => void;
}

/** The daemon's engine with its real detection, decisions, planner and store, around the benchmark's own edges. */
export function loop(options: LoopOptions): Engine {
  return new Engine(partsOf(options), configurationOf(options), options.onFatal);
}

function partsOf({ store, clock, source, observer, driver, haltFile: path }: LoopOptions): Parts {
  const releases = registry();
  const sources = { bench: source as Source };
  const drivers = { [driver.kind]: driver };
  const deploys = {
    inGrace: (target: string): boolean => releases.inGrace(target, clock.now()),
    deploying: (target: string): boolean => releases.deploying(target, clock.now()),
  };
  return {
    clock,
    ids: randomIds,
    store,
    detection: new Detector({ clock, sources, deploys }),
    releases,
    observers: [observer],
    keeper: null,
    drivers,
    orphans: { find: () => Promise.resolve([]), wait: () => Promise.resolve(true) },
    planner: planner(drivers),
    verifier: verifier({
      clock,
      sources,
      connect: () => Promise.reject(new Error('nothing is connected to here')),
      run: () => Promise.reject(new Error('nothing is run here')),
    }),
    confirmer,
    decider: decider(crontab()),
    channels: [{ name: 'people' }],
    haltFile: () => haltFile(path),
    scrub: (text) => text,
    compose: tell,
    ledger: (closed) => ledgerRow(ledgerInput(closed)),
    watcher: { evaluated: () => {}, committed: () => {}, effectEnded: () => {}, closed: () => {} },
  };
}

function configurationOf({ rules, targets, driver, haltFile: path }: LoopOptions): Configuration {
  return {
    environment: 'bench',
    environments: {},
    mode: 'auto',
    store: 'given',
    stateDir: '/nonexistent',
    haltFile: path,
    listen: { host: '127.0.0.1', port: 0 },
    tokens: [],
    prometheus: null,
    scrape: null,
    docker: null,
    channels: { slackWebhook: null, slackApp: null, email: null, webhooks: [], alertmanager: null },
    notify: { routes: [], contacts: [], remindMs: 1_800_000 },
    approvers: [],
    publicUrl: null,
    hostRoot: '/',
    host: 'local',
    allowedPrograms: [],
    fileRoots: [],
    dataRisks: {},
    dataStores: {},
    backups: null,
    gitProtocols: [],
    // The guard is part of what is measured; what it would stop is not.
    budget: { rollbacks: 1_000_000, perMs: 3_600_000 },
    retention: { incidentsMs: 1e10, readingsMs: 1e9, replacedMs: 1e8 },
    blindAfterMs: 300_000,
    reload: { watch: false },
    freezes: [],
    targets: Object.fromEntries(targets.map((target) => [target.name, target])),
    rules,
    playbooks: {
      'bench/service': {
        id: 'bench/service',
        steps: [{ kind: driver.kind, options: {}, deadlineMs: 60_000, retries: 0 }],
        verification: { settleMs: 0, phases: [] },
        objectives: { rollbackMs: 300_000, verificationMs: 180_000, totalMs: 600_000 },
        otherwisePlaybook: null,
        communication: null,
      },
    },
    communications: {},
    warnings: [],
    digest: 'bench',
  };
}

/** A target behind a link that nobody has to make. */
export function targetOf(name: string): Target {
  return {
    name,
    container: null,
    link: { path: `/srv/${name}/current` },
    repository: null,
    stack: null,
    swarm: null,
    packs: ['bench'],
    labels: { service: name },
    address: null,
    playbook: 'bench/service',
    emergencyPlaybook: 'bench/service',
    mode: 'auto',
    host: 'local',
    graceMs: 0,
    bakeMs: 600_000,
    cooldownMs: 0,
  };
}

export function components(version: string): readonly Component[] {
  return [{ kind: 'link', value: `/releases/${version}`, label: version }];
}

/** Release `v1`, proven good an hour ago, and `v2`, which runs since ten minutes. */
export function history(target: string, now: number): { readonly good: Release; readonly running: Release } {
  const release = (version: string, sinceMs: number): Release => ({
    id: releaseId(components(version)),
    target,
    components: components(version),
    standing: version === 'v1' ? 'good' : 'unproven',
    because: version === 'v1' ? 'baked 10m' : 'first seen running',
    firstSeenAt: now - sinceMs,
    servedAt: version === 'v1' ? now - 600_000 : now,
    goodAt: version === 'v1' ? now - sinceMs : null,
    bakedMs: 0,
    barrier: null,
    sealed: null,
  });
  return { good: release('v1', 3_600_000), running: release('v2', 600_000) };
}

/** A driver of one call that changes something and can be asked about it afterwards. */
export function driverOf(applied: (target: string, opId: string) => void): Driver {
  const done = new Set<string>();
  return {
    kind: 'bench',
    effect: 'probe',
    risk: 'disruptive',
    options: z.unknown(),
    deadlineMs: 60_000,
    needsRelease: true,
    read: (step) => Promise.resolve({ identity: step.from?.id ?? '', detail: {} }),
    preflight: () => Promise.resolve([]),
    describe: (step) => `move ${step.target.name}`,
    apply(step, opId) {
      applied(step.target.name, opId);
      done.add(opId);
      return Promise.resolve({ ended: 'done', detail: 'moved' });
    },
    probe: (_step, opId) => Promise.resolve(done.has(opId) ? 'done' : 'not_done'),
    byHand: (step) => [`move ${step.target.name} by hand`],
  };
}
