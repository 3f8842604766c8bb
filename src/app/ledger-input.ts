import { firesAfterMs } from '../domain/condition.ts';
import { tallyOf } from '../domain/data-integrity.ts';
import type { ClosedIncident } from '../engine/parts.ts';
import type { LedgerInput } from '../record/ledger.ts';

/** What the ledger needs of an incident: its marks, and the durations of the rule that led it. */
export function ledgerInput({ context, configuration, closedAt, integrity }: ClosedIncident): LedgerInput {
  const { id: incident, target, severity, lead, outcome, marks, pinned, plan } = context;
  const rule =
    pinned.find(({ id }) => id === lead.rule) ?? configuration.rules.find(({ id }) => id === lead.rule);
  const condition = rule?.levels.find((level) => level.severity === lead.severity)?.condition;
  const everyMs = rule?.everyMs ?? 0;
  const forMs = condition === undefined ? 0 : firesAfterMs(condition, everyMs);
  return {
    incident,
    target,
    severity,
    rule: lead.rule,
    outcome: outcome ?? 'withdrawn',
    closedAt,
    marks,
    forMs,
    everyMs,
    objectives: plan?.objectives ?? null,
    data: tallyOf(integrity),
  };
}
