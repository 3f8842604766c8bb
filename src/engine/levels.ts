import type { LevelChange } from '../domain/breach.ts';
import type { FiredLevel } from '../domain/incident.ts';
import type { Evaluation } from '../domain/ports/detection.ts';
import { compareSeverity, type Mode, modes, type Rule } from '../domain/rule.ts';
import type { Lead } from '../../state-machines/incident.context.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import type { Flow } from './flow.ts';
import { counts, inForce } from './in-force.ts';
import type { Turn } from './turn.ts';
import { alsoConfirm, foldConfirmations } from './verifying.ts';
import { levelNote } from './words.ts';

/** Takes in one evaluation of one rule: at most one commit, and none when nothing changed. */
export async function takeEvaluation(core: Core, evaluation: Evaluation): Promise<void> {
  await core.turn((turn, flow) => {
    if (evaluation.watches.length > 0) turn.watches(evaluation.watches);
    for (const change of inForceOf(core.book, evaluation)) takeChange(flow, turn, change);
    for (const blind of evaluation.blind) takeBlindness(flow, turn, blind);
    foldConfirmations(turn, flow, evaluation);
    core.evidence.take(turn, core.book, evaluation);
  });
  // What is breaking may be a release that nobody has looked at yet: a remote is asked only now and then.
  for (const { subject, change } of evaluation.changes) if (change === 'pending') core.hints.give(subject);
}

/** A reload may have come between the reading and its turn. */
function inForceOf(book: Book, { rule, changes }: Evaluation): readonly LevelChange[] {
  if (changes.length === 0) return changes;
  const present = inForce(book);
  return changes.filter(({ subject }) => counts(present, rule, subject));
}

/** Routes one change of a level to the incident of its target. */
export function takeChange(flow: Flow, turn: Turn, change: LevelChange): void {
  const target = incidentTarget(flow, change);
  if (target === null) return;
  const begins = change.change === 'fired' || (change.change === 'relapsed' && flow.book.on(target) === null);
  // What was being watched to the end of its recovery when its incident closed, and breaches again, is a new breach.
  if (begins && change.armed) return fire(flow, turn, target, change);
  if (change.change === 'fired') return noteUnarmed(turn, target, change);
  if (change.change === 'recovered') return recover(flow, turn, target, change);
}

function fire(flow: Flow, turn: Turn, target: string, change: LevelChange): void {
  const level = levelOf(change);
  const open = flow.book.on(target);
  if (open === null) {
    const lead = { rule: level.rule, severity: level.severity };
    flow.open(turn, {
      id: flow.parts.ids.next('i'),
      target,
      at: turn.at,
      origin: { by: 'signals' },
      named: null,
      level,
      lead,
      playbook: null,
    });
    return;
  }
  const { context } = open.incident;
  if (isFiring(context.levels, level)) return;
  const lead = leadAmong(flow.book, [...context.levels, level]) ?? context.lead;
  const graver = isShadow(flow.book, context.lead) || compareSeverity(level.severity, context.severity) < 0;
  const worse = graver && !isShadow(flow.book, level);
  turn.note(levelNote('level.fired', level, `${lead.rule} leads`), open);
  flow.incident(turn, open, { type: 'fired', at: turn.at, level, lead, worse });
  if (open.incident.value !== 'rolling_back') return;
  noticeWorse(flow, turn, open, { level, worse });
  alsoConfirm(turn, flow, open);
}

/**
 * Worse than before: a level fires that was not part of the incident when it began, or a graver one, by readings that
 * look back over nothing from before the last effect.
 */
function noticeWorse(
  flow: Flow,
  turn: Turn,
  open: Case,
  { level, worse }: { readonly level: FiredLevel; readonly worse: boolean },
): void {
  const effectAt = open.rollback?.context.lastEffectAt ?? null;
  const isNew = worse || !open.incident.context.pinned.some(({ id }) => id === level.rule);
  const windowMs = ruleOf(flow.book, level.rule)?.windowMs ?? 0;
  if (effectAt === null || level.since < effectAt + windowMs || !isNew || isShadow(flow.book, level)) return;
  flow.rollback(turn, open, {
    type: 'worse',
    at: turn.at,
    reason: `${level.rule} fires since the rollback: ${level.detail}`,
  });
}

function recover(flow: Flow, turn: Turn, target: string, change: LevelChange): void {
  const open = flow.book.on(target);
  const level = open?.incident.context.levels.find(
    (fired) => fired.rule === change.rule && fired.severity === change.severity,
  );
  if (open === null || level === undefined || level.recoveredAt !== null) return;
  const rest = open.incident.context.levels.filter((fired) => fired !== level);
  const lead = leadAmong(flow.book, rest);
  turn.note(
    levelNote(
      'level.recovered',
      { ...level, detail: change.detail },
      lead === null ? 'nothing fires any more' : `${lead.rule} leads`,
    ),
    open,
  );
  flow.incident(turn, open, {
    type: 'recovered',
    at: turn.at,
    rule: level.rule,
    severity: level.severity,
    lead,
  });
}

function noteUnarmed(turn: Turn, target: string, change: LevelChange): void {
  turn.note({
    type: 'rule.unarmed',
    target,
    message: `${change.rule} breaches on ${target} since its first reading (${change.detail}) and decides nothing until it reads ok or somebody runs: rollbackd arm ${change.rule} ${target}`,
    facts: { rule: change.rule, severity: change.severity },
  });
}

/** A source that cannot see opens one MEDIUM incident of its own. */
function takeBlindness(flow: Flow, turn: Turn, blind: Evaluation['blind'][number]): void {
  const subject = `source:${blind.identity}`;
  const change: LevelChange = {
    rule: 'builtin/blind',
    subject,
    severity: 'medium',
    change: blind.blind ? 'fired' : 'recovered',
    at: turn.at,
    since: blind.since,
    detail: blind.detail,
    condition: 'cannot be read',
    armed: true,
  };
  takeChange(flow, turn, change);
}

/** The incident follows its highest firing level that may decide; among equals the one that may do most leads. */
export function leadAmong(book: Book, levels: readonly FiredLevel[]): Lead | null {
  const firing = levels.filter(({ recoveredAt }) => recoveredAt === null);
  const worstFirst = firing.toSorted(
    (a, b) =>
      Number(isShadow(book, a)) - Number(isShadow(book, b)) ||
      compareSeverity(a.severity, b.severity) ||
      reach(book, b) - reach(book, a) ||
      a.firedAt - b.firedAt,
  );
  const [worst] = worstFirst;
  return worst === undefined ? null : { rule: worst.rule, severity: worst.severity };
}

/** A rule in shadow decides nothing: it leads only where no other fires, and is never what makes things worse. */
export function isShadow(book: Book, { rule }: Pick<FiredLevel, 'rule'>): boolean {
  return ruleOf(book, rule)?.mode === 'shadow';
}

function reach(book: Book, level: FiredLevel): number {
  const rule = ruleOf(book, level.rule);
  const mode: Mode = rule?.mode ?? 'notify';
  const wants = rule?.levels.find(({ severity }) => severity === level.severity)?.want.action;
  return modes.indexOf(mode) * 10 + (wants === 'rollback' ? 2 : wants === 'ask' ? 1 : 0);
}

export function ruleOf(book: Book, id: string): Rule | null {
  return book.configuration.rules.find((rule) => rule.id === id) ?? null;
}

/** Where a level's incident opens, or is open: a host's on the target of that host with the newest release. */
export function incidentTarget(
  { parts, book }: Pick<Core, 'parts' | 'book'>,
  change: Pick<LevelChange, 'rule' | 'subject'>,
): string | null {
  if (!change.subject.startsWith('host:')) return change.subject;
  const rule = ruleOf(book, change.rule);
  const open = book
    .open()
    .find(({ incident }) =>
      incident.context.levels.some((level) => level.rule === change.rule && level.subject === change.subject),
    );
  if (open !== undefined) return open.incident.context.target;
  const host = change.subject.slice('host:'.length);
  const targets = Object.values(book.configuration.targets).filter(
    (target) => target.host === host && (rule === null || target.packs.includes(rule.pack)),
  );
  const newest = targets.toSorted((a, b) => arrivedAt(parts, b.name) - arrivedAt(parts, a.name))[0];
  return newest?.name ?? null;
}

function arrivedAt(parts: Core['parts'], target: string): number {
  return parts.releases.serving(target)?.since ?? 0;
}

function levelOf(change: LevelChange): FiredLevel {
  const { rule, subject, severity, since, at, detail, condition } = change;
  return { rule, subject, severity, since, firedAt: at, detail, condition, recoveredAt: null };
}

function isFiring(levels: readonly FiredLevel[], level: FiredLevel): boolean {
  return levels.some(
    (fired) => fired.rule === level.rule && fired.severity === level.severity && fired.recoveredAt === null,
  );
}
