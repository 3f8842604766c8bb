import { registry } from '../../src/releases/registry.ts';
import type { Control, Serving } from '../../src/domain/ports/store.ts';
import type { Observer } from '../../src/domain/ports/observer.ts';
import type { ReleaseChange, Releases } from '../../src/domain/ports/releases.ts';
import type { Component, Release, Sighting } from '../../src/domain/release.ts';
import type { Target } from '../../src/domain/target.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';

export function target(overrides: Partial<Target> = {}): Target {
  return {
    name: 'shop',
    container: 'shop',
    link: null,
    repository: null,
    stack: null,
    swarm: null,
    packs: ['layra'],
    labels: { service: 'shop' },
    address: null,
    playbook: 'layra/service',
    emergencyPlaybook: 'layra/service',
    mode: 'auto',
    host: 'h1',
    graceMs: 60 * SECOND,
    bakeMs: 10 * MINUTE,
    cooldownMs: 60 * MINUTE,
    ...overrides,
  };
}

export function image(version: number): Component {
  return { kind: 'image', value: `sha256:${String(version).repeat(12)}`, label: `shop:${version}` };
}

export const config: Component = { kind: 'config', value: 'k1', label: 'config' };

/** A registry that keeps what it was told to store, and can be started again from it. */
export function watching(overrides: Partial<Target> = {}) {
  const watched = target(overrides);
  let at = start;
  let releases: Releases = begin(watched);
  const stored = {
    releases: new Map<string, Release>(),
    serving: new Map<string, Serving>(),
    controls: new Map<string, Control>(),
  };
  const events: string[] = [];
  const journal: string[] = [];

  const keep = (change: ReleaseChange): ReleaseChange => {
    for (const release of change.commit.releases ?? []) stored.releases.set(release.id, release);
    for (const row of change.commit.forgotten ?? [])
      if ('release' in row) stored.releases.delete(row.release);
    for (const serving of change.commit.serving ?? []) stored.serving.set(serving.target, serving);
    for (const control of change.commit.controls ?? []) stored.controls.set(control.key, control);
    for (const entry of change.commit.entries ?? []) journal.push(entry.message);
    for (const event of change.events) events.push(event.event);
    return change;
  };
  return {
    stored,
    events,
    journal,
    now: () => at,
    releases: () => releases,
    wait(ms: number): void {
      at += ms;
    },
    keep,
    see(components: readonly Component[], seen: Partial<Sighting> = {}, observer?: Observer['kind']) {
      const sighting: Sighting = {
        at,
        components,
        healthy: null,
        exited: false,
        sealed: components.length === 0 ? null : 'sealed',
        opId: null,
        manager: null,
        ...seen,
      };
      return keep(releases.sighted('shop', sighting, observer));
    },
    /** Looks every ten seconds for as long as said. */
    bakeFor(ms: number, quiet = true): void {
      for (let left = ms; left > 0; left -= 10 * SECOND) {
        at += 10 * SECOND;
        keep(releases.bake('shop', at, quiet));
      }
    },
    restart(): void {
      releases = begin(watched);
      releases.restore(
        [...stored.releases.values()],
        [...stored.serving.values()],
        [...stored.controls.values()],
      );
    },
    current: () => releases.current('shop'),
    candidate: () => {
      const found = releases.candidate('shop', at);
      return found.release === null ? found.problem : found.release.components[0]?.label;
    },
  };
}

function begin(watched: Target): Releases {
  const releases = registry();
  releases.configure({ shop: watched });
  return releases;
}

/** Release 1 has run for an hour and is good; release 2 has just replaced it. */
export function deployed(overrides: Partial<Target> = {}) {
  const w = watching(overrides);
  w.see([image(1), config], { healthy: true });
  w.keep(w.releases().bake('shop', w.now(), true));
  w.bakeFor(10 * MINUTE);
  w.wait(50 * MINUTE);
  w.see([image(1), config], { healthy: true });
  w.see([image(2), config]);
  return w;
}
