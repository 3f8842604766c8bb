import type { Release } from '../../src/domain/release.ts';
import { releaseId } from '../../src/domain/release.ts';
import type { Situation } from '../../src/domain/situation.ts';
import type { Target } from '../../src/domain/target.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';
import { start } from '../fakes/clock.ts';

export const shop: Target = {
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
  cooldownMs: HOUR,
};

export function release(version: number): Release {
  const components = [{ kind: 'image' as const, value: `sha256:${version}`, label: `shop:${version}` }];
  return {
    id: releaseId(components),
    target: 'shop',
    components,
    standing: version === 1 ? 'good' : 'unproven',
    because: 'baked 10m',
    firstSeenAt: start - DAY,
    servedAt: start - HOUR,
    goodAt: version === 1 ? start - HOUR : null,
    bakedMs: 0,
    barrier: null,
    sealed: null,
  };
}

/** As people read them in a sentence. */
export const name = (version: number): string => `shop:${version} (${release(version).id})`;

export const alice: NonNullable<Situation['person']> = {
  name: 'alice',
  role: 'approver',
  namedRelease: false,
};

/** A CRITICAL incident an hour after release 2 arrived, with nothing in the way of going back to release 1. */
export function situation(overrides: Partial<Situation> = {}): Situation {
  return {
    at: start,
    target: shop,
    severity: 'critical',
    want: { action: 'rollback', playbook: null },
    withinMs: 15 * MINUTE,
    otherwise: 'hand_over',
    modes: { daemon: 'auto', target: 'auto', rule: 'auto' },
    person: null,
    halted: null,
    frozen: null,
    needsRelease: true,
    current: release(2),
    candidate: { release: release(1) },
    afterRollback: false,
    cooldown: null,
    budget: { used: 0, limit: 3, perMs: HOUR },
    changedAt: start - HOUR,
    blameMs: DAY,
    alreadyFiring: false,
    affected: { targets: 1, of: 9 },
    risk: null,
    voided: 0,
    interference: null,
    rejected: false,
    ...overrides,
  };
}
