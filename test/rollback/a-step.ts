import type { Step } from '../../src/domain/plan.ts';
import { releaseId, type ComponentKind, type Release } from '../../src/domain/release.ts';
import type { Target } from '../../src/domain/target.ts';

export const never = new AbortController().signal;
export const opId = 'i-7k3f9a/0123456789abcdef/0/1';

export const shop: Target = {
  name: 'shop',
  container: null,
  link: null,
  repository: null,
  stack: null,
  swarm: null,
  packs: ['shop'],
  labels: { service: 'shop' },
  address: 'http://127.0.0.1:1',
  playbook: 'shop/service',
  emergencyPlaybook: 'shop/service',
  mode: 'auto',
  host: 'here',
  graceMs: 60_000,
  bakeMs: 600_000,
  cooldownMs: 3_600_000,
};

export function release(kind: ComponentKind, value: string, label: string): Release {
  const components = [{ kind, value, label }];
  return {
    id: releaseId(components),
    target: 'shop',
    components,
    standing: 'good',
    because: 'baked 10m',
    firstSeenAt: 0,
    servedAt: 0,
    goodAt: 0,
    bakedMs: 600_000,
    barrier: null,
    sealed: null,
  };
}

export function aStep(kind: string, options: unknown, facts: Partial<Step> = {}): Step {
  return {
    index: 0,
    incident: 'i-7k3f9a',
    kind,
    risk: 'disruptive',
    effect: 'probe',
    options,
    target: shop,
    from: null,
    to: null,
    deadlineMs: 10_000,
    retries: 0,
    ...facts,
  };
}
