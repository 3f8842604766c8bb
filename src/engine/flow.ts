import type { ApprovalEvent } from '../../state-machines/approval.machine.ts';
import type { IncidentEvent, IncidentInput } from '../../state-machines/incident.context.ts';
import { dueEffect, type RollbackEvent } from '../../state-machines/rollback.context.ts';
import { opIdOf, type Effect } from '../domain/effect.ts';
import { beginAnnouncing } from './announcing.ts';
import type { Book } from './book.ts';
import { newCase, type Case } from './case.ts';
import { effectNote } from './effect-words.ts';
import { closeIncident, commandsByHand, handOver } from './ending.ts';
import { judgeNow } from './judging.ts';
import { approvals, incidents, rollbacks } from './machines.ts';
import type { Moves } from './moves.ts';
import type { Parts } from './parts.ts';
import { askPeople, followQuestion } from './questions.ts';
import { beginRollback, endRollback } from './rolling.ts';
import { withCleanReason } from './scrubbing.ts';
import type { Note, Turn } from './turn.ts';
import { rollbackNote } from './rollback-words.ts';
import { openedNote, planNote, transitionNote } from './words.ts';

/**
 * Applies events to the machines of a case and follows what each new state calls for, within one turn.
 *
 * What a state calls for is read off the state, not off the way into it, so that a restored case goes on the same.
 */
export class Flow implements Moves {
  readonly parts: Parts;
  readonly book: Book;

  constructor(parts: Parts, book: Book) {
    this.parts = parts;
    this.book = book;
  }

  open(turn: Turn, input: IncidentInput): Case {
    const opened = newCase(incidents.begin(input));
    this.book.add(opened);
    turn.touch(opened);
    turn.note(openedNote(opened.incident.context), opened);
    beginAnnouncing(this, turn, opened);
    judgeNow(this, turn, opened);
    return opened;
  }

  incident(turn: Turn, open: Case, said: IncidentEvent): void {
    const event = withCleanReason(said, this.parts.scrub);
    const before = open.incident;
    open.incident = incidents.step(before, event);
    turn.touch(open);
    if (open.incident === before) return;
    const note = transitionNote(before, open.incident, event);
    if (note !== null) turn.note(note, open);
    if (
      (event.type === 'planned' || event.type === 'begun') &&
      before.context.plan?.digest !== event.plan.digest
    ) {
      turn.note(planNote(event.plan), open);
    }
    if (open.incident.value === before.value) return;
    open.visits += 1;
    this.#followIncident(turn, open, before.value, event);
  }

  approval(turn: Turn, open: Case, event: ApprovalEvent): void {
    const before = open.approval;
    if (before === null) return;
    open.approval = approvals.step(before, event);
    if (open.approval === before) return;
    turn.touch(open);
    followQuestion(this, turn, open, event);
  }

  rollback(turn: Turn, open: Case, said: RollbackEvent): void {
    const event = withCleanReason(said, this.parts.scrub);
    const before = open.rollback;
    if (before === null) return;
    open.rollback = rollbacks.step(before, event);
    if (open.rollback === before) return;
    open.visits += 1;
    turn.touch(open);
    const note = rollbackNote(before, open.rollback, event);
    if (note !== null) turn.note(this.#withCommands(note, open), open);
    this.followRollback(turn, open);
  }

  /** Who is to decide about what is held sees what they would run. */
  #withCommands(note: Note, open: Case): Note {
    if (note.type !== 'rollback.holding') return note;
    return { ...note, facts: { ...note.facts, byHand: [...commandsByHand(this, open)] } };
  }

  /** Writes the effect that is due, and the end. */
  followRollback(turn: Turn, open: Case): void {
    const { rollback } = open;
    if (rollback === null) return;
    const due = dueEffect(rollback.value, rollback.context);
    if (due !== null) this.#intend(turn, open, due);
    if (rollback.value === 'ended') endRollback(this, turn, open);
  }

  #followIncident(turn: Turn, open: Case, from: string, event: IncidentEvent): void {
    if (from === 'asking') this.#leaveQuestion(turn, open, event);
    switch (open.incident.value) {
      case 'judging':
        return judgeNow(this, turn, open);
      case 'asking':
        return askPeople(this, turn, open);
      case 'rolling_back':
        return beginRollback(this, turn, open);
      case 'handed_over':
        return handOver(this, turn, open);
      case 'closed':
        return closeIncident(this, turn, open);
      default:
        return undefined;
    }
  }

  #leaveQuestion(turn: Turn, open: Case, event: IncidentEvent): void {
    if (open.approval?.value !== 'open') return;
    const type = event.type === 'fired' ? 'superseded' : 'withdrawn';
    this.approval(turn, open, { type, at: turn.at, reason: whyOver(event) });
  }

  /** An effect's row is durable before the call. A row that is there already is left as it is. */
  #intend(turn: Turn, open: Case, due: NonNullable<ReturnType<typeof dueEffect>>): void {
    const { plan, id } = open.incident.context;
    const step = plan?.steps[due.step];
    if (plan === null || step === undefined) return;
    const opId = opIdOf({ incident: id, planDigest: plan.digest, ...due });
    if (open.effects.has(opId)) return;
    const effect: Effect = {
      opId,
      incident: id,
      step: due.step,
      purpose: due.purpose,
      generation: due.generation,
      kind: step.kind,
      effect: step.effect,
      state: 'intent',
      epoch: this.parts.store.epoch,
      recoveries: 0,
      integrity: [],
      intentAt: turn.at,
      startedAt: null,
      endedAt: null,
      detail: '',
    };
    turn.effect(open, effect);
    turn.note(effectNote('effect.intent', { open, effect, step }, 'due'), open);
  }
}

/** Why a question is over that nobody answered. */
function whyOver(event: IncidentEvent): string {
  if (event.type === 'fired')
    return `it became worse: ${event.lead.rule} is ${event.lead.severity.toUpperCase()}`;
  if (event.type !== 'recovered') return 'reason' in event ? event.reason : 'it is over';
  const why = event.because ?? `${event.rule} recovered`;
  return event.lead === null ? why : `${why}, and ${event.lead.rule} leads now`;
}
