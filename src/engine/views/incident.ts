import type { IncidentView, PlanView, QuestionView, SeriesView } from '../../domain/ports/daemon.ts';
import type { Entry, IncidentRow, LedgerRow } from '../../domain/ports/store.ts';
import { tallyOf } from '../../domain/data-integrity.ts';
import { destroying, riskOf, type Plan } from '../../domain/plan.ts';
import type { ApprovalContext } from '../../../state-machines/approval.machine.ts';
import type { IncidentContext } from '../../../state-machines/incident.context.ts';
import type { RollbackContext } from '../../../state-machines/rollback.context.ts';
import { newCase, rowOf, type Case } from '../case.ts';
import type { Core } from '../core.ts';
import { prolongsLeft } from '../commands/prolong.ts';
import { haltedBecause } from '../situation.ts';
import { commandsByHand } from '../ending.ts';
import { integrityOf } from '../integrity.ts';
import { approvals, fromSnapshot, incidents, rollbacks } from '../machines.ts';
import { releaseView } from './releases.ts';
import { seriesOf } from './series.ts';
import { verificationLines } from './verification.ts';

/** More entries than any incident should have; the rest stays in the journal. */
const mostEntries = 2_000;

/** Everything known of one incident, open or closed. */
export async function incidentView(core: Core, id: string): Promise<IncidentView | null> {
  const { store } = core.parts;
  const open = core.book.find(id);
  const row = open === null ? await store.incident(id) : rowOf(open);
  if (row === null) return null;
  const seen = open ?? (await closedCase(core, id));
  const journal = await store.entries({ incident: id, limit: mostEntries });
  const effects = await store.effects(id);
  const integrity = integrityOf(effects);
  const base = {
    ...row,
    effects,
    journal,
    evidence: evidenceIn(journal),
    rto: await rtoOf(core, row, seen),
    integrity,
    data: tallyOf(integrity),
  };
  if (seen === null)
    return {
      ...base,
      levels: [],
      readings: [],
      series: [],
      decision: null,
      question: null,
      plan: null,
      byHand: [],
    };
  const { lead, levels, decision, plan } = seen.incident.context;
  const series = await seriesOf(core, seen, row.closedAt);
  const byHand = row.outcome === 'handed_over' ? commandsByHand(core.flow, seen) : [];
  return {
    ...base,
    levels,
    readings: readingsOf(series, lead.rule),
    series,
    decision,
    question: questionView(core, seen),
    plan: plan === null ? null : planView(core, plan),
    byHand,
  };
}

/** What the leading rule read, in words; nothing where a person's request leads. */
function readingsOf([first]: readonly SeriesView[], lead: string): IncidentView['readings'] {
  const readings = first?.rule === lead ? first.readings : [];
  return readings.map(({ at, detail }) => ({ at, detail }));
}

async function closedCase(core: Core, id: string): Promise<Case | null> {
  const snapshots = await core.parts.store.snapshots(id);
  const find = (name: string) => snapshots.find(({ machine }) => machine === name);
  const [own, question, rolling] = [find('incident'), find('approval'), find('rollback')];
  const incident = own === undefined ? null : fromSnapshot<IncidentContext>(incidents, own);
  if (incident === null) return null;
  const seen = newCase(incident);
  seen.approval = question === undefined ? null : fromSnapshot<ApprovalContext>(approvals, question);
  seen.rollback = rolling === undefined ? null : fromSnapshot<RollbackContext>(rollbacks, rolling);
  return seen;
}

function questionView(core: Core, seen: Case): QuestionView | null {
  const { approval } = seen;
  if (approval === null) return null;
  const { id, ticket, planDigest, askedAt, dueAt, otherwise, needs, answers, endedBecause } =
    approval.context;
  return {
    id,
    ticket,
    prolongs: prolongsLeft(seen),
    halted: approval.value === 'open' ? haltedBecause(core.parts, core.book) : null,
    endedBecause,
    planDigest,
    askedAt,
    dueAt,
    otherwise,
    needs,
    state: approval.value,
    answers: answers.map(({ by, answer, at }) => ({ by, answer, at })),
  };
}

function planView(core: Core, plan: Plan): PlanView {
  const at = core.parts.clock.now();
  const view = (release: Plan['from']) =>
    release === null ? null : releaseView(core.parts.releases, release, at);
  const { target, playbook, digest, steps, descriptions, findings } = plan;
  return {
    target,
    playbook,
    digest,
    from: view(plan.from),
    to: view(plan.to),
    risk: riskOf(steps),
    steps: descriptions,
    destroys: destroying(plan),
    verification: verificationLines(plan.verification, {
      target: core.book.target(plan.target),
      from: plan.from,
      to: plan.to,
    }),
    findings,
    refusal: null,
  };
}

/** Evidence travels in the entries of the effects that captured it. Steps may use the same names. */
function evidenceIn(journal: readonly Entry[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { facts } of journal) {
    const texts = (facts['evidence'] ?? {}) as Record<string, string>;
    for (const [name, text] of Object.entries(texts)) found[freeName(name, found)] = text;
  }
  return found;
}

/** `output`, `output (2)`, … */
function freeName(name: string, taken: Readonly<Record<string, string>>): string {
  let free = name;
  for (let nth = 2; Object.hasOwn(taken, free); nth += 1) free = `${name} (${nth})`;
  return free;
}

async function rtoOf(core: Core, row: IncidentRow, seen: Case | null): Promise<LedgerRow['phases'] | null> {
  const rows = await core.parts.store.ledger({ target: row.target });
  const stored = rows.find(({ incident }) => incident === row.id);
  if (stored !== undefined) return stored.phases;
  if (seen === null) return null;
  const { context } = seen.incident;
  return core.parts.ledger({
    context,
    configuration: core.book.configuration,
    closedAt: core.parts.clock.now(),
    integrity: [],
  }).phases;
}
