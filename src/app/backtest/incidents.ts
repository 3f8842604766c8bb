import type { IncidentReport } from '../../backtest/report.ts';
import type { DecisionAction } from '../../domain/incident.ts';
import type { Json } from '../../domain/json.ts';
import type { IncidentRow, NewEntry } from '../../domain/ports/store.ts';

/** From acting to merely recording: of several decisions of an incident the first one tells most. */
const weight: readonly string[] = ['rollback', 'ask', 'hand_over', 'investigate', 'monitor'];

/** The incidents of a rehearsal, with what the journal says about each. */
export function incidentReports(
  rows: readonly IncidentRow[],
  entries: readonly NewEntry[],
): readonly IncidentReport[] {
  const byIncident = Map.groupBy(entries, ({ incident }) => incident);
  return rows.map((row) => reportOf(row, byIncident.get(row.id) ?? []));
}

function reportOf(row: IncidentRow, entries: readonly NewEntry[]): IncidentReport {
  const { target, severity, rule, marks, openedAt, closedAt, outcome } = row;
  const decided = gravest(entries.filter(({ type }) => type === 'decided'));
  const begun = entries.find(({ type }) => type === 'rollback.begun');
  const plan = entries.find(({ type }) => type === 'plan.built');
  return {
    target,
    severity,
    rule,
    breachedAt: marks.breachedAt,
    detectedAt: marks.detectedAt ?? openedAt,
    decidedAt: decided?.at ?? null,
    decision: decided === null ? null : decisionOf(decided),
    rollbackAt: begun?.at ?? null,
    rollback: plan === undefined ? null : `${text(plan.facts['from'])} → ${text(plan.facts['to'])}`,
    approved: entries.some(
      ({ type, facts }) => type === 'question.answered' && facts['answer'] === 'approve',
    ),
    endedAt: closedAt,
    outcome,
  };
}

function gravest(decisions: readonly NewEntry[]): NewEntry | null {
  const weigh = ({ facts }: NewEntry): number => weight.indexOf(text(facts['action']));
  return decisions.toSorted((a, b) => weigh(a) - weigh(b))[0] ?? null;
}

function decisionOf({ facts, message }: NewEntry): NonNullable<IncidentReport['decision']> {
  const objections = facts['objections'];
  return {
    action: text(facts['action']) as DecisionAction,
    wanted: text(facts['wanted']) as DecisionAction,
    reason: text(message),
    objections: Array.isArray(objections) ? objections.map(text) : [],
  };
}

/** Releases of a backtest are known by their labels; the ids were made up from them. */
function text(fact: Json | undefined): string {
  return typeof fact === 'string' ? fact.replaceAll(/ \(r-[0-9a-f]{12}\)/g, '') : '';
}
