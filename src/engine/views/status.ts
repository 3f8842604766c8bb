import type { ReleaseView, RuleView, StatusView, TargetView } from '../../domain/ports/daemon.ts';
import type { Target } from '../../domain/target.ts';
import { rowOf } from '../case.ts';
import type { Core } from '../core.ts';
import { haltedBecause } from '../situation.ts';
import { releaseView } from './releases.ts';

/** What only the application knows of itself. */
export interface SelfView {
  readonly version: string;
  readonly startedAt: number;
  readonly configuration: StatusView['configuration'];
  readonly scrape: StatusView['scrape'];
}

/** The whole picture, as the on-call reads it first. */
export function statusView(core: Core, self: SelfView): StatusView {
  const { parts, book } = core;
  const { configuration } = book;
  const targets = Object.values(configuration.targets);
  const hosts = [...new Set(targets.map(({ host }) => host))];
  return {
    ...self,
    environment: configuration.environment,
    mode: configuration.mode,
    now: parts.clock.now(),
    halted: haltedBecause(parts, book),
    blind: [...parts.detection.blind(), ...[...book.failedLooks].map(([target, why]) => `${target}: ${why}`)],
    unknownSeries: parts.detection.unknownSeries(),
    targets: targets.map((target) => targetView(core, target)),
    hosts: hosts.flatMap((host) => rulesOf(core, `host:${host}`)),
    open: book.open().map(rowOf),
  };
}

function targetView(core: Core, target: Target): TargetView {
  const { parts, book } = core;
  const at = parts.clock.now();
  const current = parts.releases.current(target.name);
  const candidate = parts.releases.candidate(target.name, at);
  const { release } = candidate;
  return {
    name: target.name,
    mode: target.mode,
    current: current === null ? null : releaseView(parts.releases, current, at),
    lastGood: release === null ? null : releaseView(parts.releases, release, at),
    noWayBack: candidate.release === null ? candidate.problem : null,
    bakeMs: target.bakeMs,
    incident: book.on(target.name)?.incident.context.id ?? null,
    deploying: parts.releases.deploying(target.name, at),
    migration: parts.releases.migrating(target.name, at),
    graceUntil: parts.releases.graceUntil(target.name, at),
    frozen: parts.decider.frozen(target.name, at, book.controls, book.configuration.freezes),
    rules: rulesOf(core, target.name),
  };
}

function rulesOf(core: Core, subject: string): readonly RuleView[] {
  const at = core.parts.clock.now();
  return core.parts.detection
    .views(subject)
    .map((view) => ({ ...view, silenced: core.book.silenced(view.rule, subject, at) }));
}

/** Releases of a target, the one that served last first. */
export function releasesView(core: Core, target: string): readonly ReleaseView[] {
  const at = core.parts.clock.now();
  const { releases } = core.parts;
  return releases
    .list(target)
    .toSorted((a, b) => b.servedAt - a.servedAt)
    .map((release) => releaseView(releases, release, at));
}
