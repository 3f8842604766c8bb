import type { Check, Phase } from '../../src/domain/playbook.ts';
import type { Comparison, Level, Rule } from '../../src/domain/rule.ts';
import type { Reading, Unknown } from '../../src/domain/reading.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';

export const half: Comparison = { operator: 'above', threshold: { value: 0.5, unit: 'ratio' } };
export const few: Comparison = { operator: 'below', threshold: { value: 0.05, unit: 'ratio' } };

/** Error rate above 50 % for a minute, read every ten seconds over a window of a minute. */
export function rule(overrides: Partial<Rule> = {}, condition?: Level['condition']): Rule {
  return {
    id: 'layra/api-error-rate',
    pack: 'layra',
    name: 'api-error-rate',
    summary: 'Share of API requests answered with 5xx',
    runbook: null,
    scope: 'target',
    everyMs: 10 * SECOND,
    source: { kind: 'prometheus', options: {} },
    windowMs: MINUTE,
    levels: [
      {
        severity: 'critical',
        condition: condition ?? { comparison: half, forMs: MINUTE },
        want: { action: 'rollback', playbook: null },
        withinMs: 15 * MINUTE,
        otherwise: 'hand_over',
        whileDeploying: false,
      },
    ],
    recover: { comparison: few, forMs: 30 * SECOND },
    onNoData: 'hold',
    onError: 'hold',
    blindAfterMs: 5 * MINUTE,
    mode: 'auto',
    blameMs: null,
    digest: 'd',
    ...overrides,
  };
}

export function value(at: number, share: number): Reading {
  return { kind: 'value', at, value: share, detail: `${Math.round(share * 100)}% of requests` };
}

export function probe(at: number, passed: boolean): Reading {
  return { kind: 'probe', at, passed, detail: passed ? 'answered 200' : 'answered 500' };
}

export function unknown(at: number, why: Unknown = 'no_data'): Reading {
  return { kind: 'unknown', at, why, detail: 'no series' };
}

export function phase(checks: readonly Check[], withinMs = MINUTE): Phase {
  return { name: 'infrastructure', withinMs, checks };
}
