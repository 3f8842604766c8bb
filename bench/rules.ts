import { digest } from '../src/domain/json.ts';
import type { Rule } from '../src/domain/rule.ts';

/** A rule with a CRITICAL level that rolls back and a MEDIUM one above it that only tells. */
export function ruleOf(options: {
  readonly name: string;
  readonly everyMs: number;
  readonly above: number;
  readonly forMs: number;
}): Rule {
  const { name, everyMs, above, forMs } = options;
  const comparison = { operator: 'above', threshold: { value: above, unit: 'ratio' } } as const;
  const common = { withinMs: 900_000, otherwise: 'hand_over', whileDeploying: false } as const;
  const body: Omit<Rule, 'digest'> = {
    id: `bench/${name}`,
    pack: 'bench',
    name,
    summary: name,
    runbook: null,
    scope: 'target',
    everyMs,
    source: { kind: 'bench', options: name },
    windowMs: 0,
    levels: [
      {
        severity: 'critical',
        condition: { comparison, forMs },
        want: { action: 'rollback', playbook: null },
        ...common,
      },
      {
        severity: 'medium',
        condition: { comparison, forMs: forMs * 5 + 60_000 },
        want: { action: 'investigate' },
        ...common,
      },
    ],
    recover: null,
    onNoData: 'hold',
    onError: 'hold',
    blindAfterMs: 300_000,
    mode: 'auto',
    blameMs: 86_400_000,
  };
  return { ...body, digest: digest(body) };
}
