import { controlKeys, type Cooldown } from '../domain/controls.ts';
import type { Playbook } from '../domain/playbook.ts';
import type { Risk } from '../domain/plan.ts';
import type { Candidate } from '../domain/ports/releases.ts';
import type { Level, Rule, Want } from '../domain/rule.ts';
import type { Situation } from '../domain/situation.ts';
import type { Target } from '../domain/target.ts';
import { MINUTE } from '../domain/time.ts';
import type { Book } from './book.ts';
import { hasBegun, type Case } from './case.ts';
import { interferenceOn } from './interference.ts';
import { brokenJournal } from './journal-halt.ts';
import type { Parts } from './parts.ts';

/** What the daemon makes of a request when no rule leads. */
const askedByPerson: Pick<Situation, 'want' | 'withinMs' | 'otherwise'> = {
  want: { action: 'rollback', playbook: null },
  withinMs: 15 * MINUTE,
  otherwise: 'hand_over',
};

/** Gathers everything a decision may depend on, at this instant. null when the target is not configured. */
export function gather(
  parts: Parts,
  book: Book,
  open: Case,
  override: { want?: Want; risk?: Risk } = {},
): Situation | null {
  const { context } = open.incident;
  const target = book.target(context.target);
  if (target === null) return null;
  const at = parts.clock.now();
  const lead = leadOf(book, open);
  const wanted = wantedBy(lead);
  const goesOn = context.marks.firstEffectAt !== null && context.approvedBy === null;
  const want = override.want ?? wantOf(wanted.want, goesOn || context.approvedBy !== null);
  const playbook = playbookFor(book, open, target, want);
  const { configuration } = book;
  return {
    at,
    target,
    severity: context.severity,
    want,
    withinMs: wanted.withinMs,
    otherwise: wanted.otherwise,
    modes: { daemon: configuration.mode, target: target.mode, rule: lead?.rule.mode ?? 'auto' },
    person: personOf(open),
    halted: haltedBecause(parts, book),
    frozen: parts.decider.frozen(target.name, at, book.controls, configuration.freezes),
    needsRelease: playbook !== null && parts.planner.needsRelease(playbook),
    current: parts.releases.current(target.name),
    candidate: candidateFor(parts, open, target, at),
    afterRollback: servesByRollback(parts, open, target),
    cooldown: restsAfterOther(book, open) ? parts.decider.cooldown(target.name, at, book.controls) : null,
    budget: {
      ...configuration.budget,
      limit: configuration.budget.rollbacks,
      // It was charged once; its second playbook is the same rollback.
      used: goesOn ? 0 : parts.decider.budgetUsed(at, configuration.budget.perMs, book.controls).length,
    },
    changedAt: parts.releases.serving(target.name)?.since ?? null,
    blameMs: lead?.rule.blameMs ?? null,
    alreadyFiring: wasFiringBefore(parts, open, target),
    affected: affectedTargets(parts, book, at),
    risk: override.risk ?? null,
    voided: context.voided,
    interference: interferenceOn(parts, book, target.name),
    rejected: context.rejected,
  };
}

/** What the level that leads wants; without one, what a person asked for. */
export function wantedBy(
  lead: { readonly level: Level } | null,
): Pick<Level, 'want' | 'withinMs' | 'otherwise'> {
  return lead === null ? askedByPerson : lead.level;
}

function personOf({ incident, approval }: Case): Situation['person'] {
  const { approvedBy, named } = incident.context;
  if (approvedBy === null) return null;
  const approvals =
    approval?.value === 'approved'
      ? approval.context.answers.filter(({ answer }) => answer === 'approve')
      : [];
  return {
    ...approvedBy,
    namedRelease: named !== null,
    people: Math.max(1, new Set(approvals.map(({ by }) => by)).size),
  };
}

/** What a person asked for, and what has begun, is a rollback whatever the level that leads wants. */
function wantOf(want: Want, decided: boolean): Want {
  return decided ? { action: 'rollback', playbook: 'playbook' in want ? want.playbook : null } : want;
}

/** The release was put there by another rollback than this incident's own. */
function servesByRollback(parts: Parts, { incident }: Case, target: Target): boolean {
  const opId = parts.releases.serving(target.name)?.opId ?? null;
  return opId !== null && !opId.startsWith(`${incident.context.id}/`);
}

/** No incident has to rest after itself. */
function restsAfterOther(book: Book, { incident }: Case): boolean {
  const { id, target } = incident.context;
  return book.control<Cooldown>(controlKeys.cooldown(target))?.incident !== id;
}

/** A rule as the incident knows it: its own copy from the first effect on, else the present one. */
export function ownRule(book: Book, open: Case, id: string): Rule | null {
  const own = hasBegun(open) ? open.incident.context.pinned : [];
  return [...own, ...book.configuration.rules].find((rule) => rule.id === id) ?? null;
}

/** The leading level with its rule; null when a person's request leads, or the rule is gone. */
export function leadOf(book: Book, open: Case): { readonly rule: Rule; readonly level: Level } | null {
  const { lead } = open.incident.context;
  const rule = ownRule(book, open, lead.rule);
  const level = rule?.levels.find(({ severity }) => severity === lead.severity);
  return rule === null || level === undefined ? null : { rule, level };
}

/** The incident's own choice, the level's, or the target's. */
export function playbookFor(book: Book, open: Case, target: Target, want: Want): Playbook | null {
  const stated = 'playbook' in want ? want.playbook : null;
  const name = open.incident.context.playbook ?? stated ?? target.playbook;
  return book.configuration.playbooks[name] ?? null;
}

export function candidateFor(parts: Parts, open: Case, target: Target, at: number): Candidate {
  const { named } = open.incident.context;
  return named === null
    ? parts.releases.candidate(target.name, at)
    : parts.releases.named(target.name, named);
}

/** Why nothing may start: the command, a broken journal, or the halt file. */
export function haltedBecause(parts: Pick<Parts, 'haltFile'>, book: Book): string | null {
  const halt = book.control<{ readonly by: string; readonly note: string }>(controlKeys.halt);
  if (halt !== null) return `halted by ${halt.by}${halt.note === '' ? '' : `: ${halt.note}`}`;
  return brokenJournal(book) ?? parts.haltFile();
}

function wasFiringBefore(parts: Parts, open: Case, target: Target): boolean {
  const serving = parts.releases.serving(target.name);
  const since = open.incident.context.marks.breachedAt;
  return (
    serving !== null &&
    since !== null &&
    open.incident.context.levels.length > 0 &&
    since < serving.notBefore &&
    !(serving.opId ?? '').startsWith(`${open.incident.context.id}/`)
  );
}

function affectedTargets(parts: Parts, book: Book, at: number): Situation['affected'] {
  const targets = Object.keys(book.configuration.targets);
  const affected = parts.detection.affected(at - 2 * MINUTE);
  return { targets: targets.filter((name) => affected.has(name)).length, of: targets.length };
}
