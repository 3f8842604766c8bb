import { controlKeys } from '../domain/controls.ts';
import { sleep } from '../domain/ports/clock.ts';
import { formatDuration, MINUTE, SECOND } from '../domain/time.ts';
import { announceDue } from './announcing.ts';
import type { Book } from './book.ts';
import { stateOf, type Case } from './case.ts';
import { forgetOldCodes } from './codes.ts';
import type { Core } from './core.ts';
import { closeMigrations } from './migrations.ts';
import { aliveEveryMs, aliveKey } from './recovery.ts';
import { haltedBecause } from './situation.ts';
import { forgetOldTokens } from './tokens.ts';
import type { Turn } from './turn.ts';
import type { Flow } from './flow.ts';

/** How far the two clocks may drift apart between two beats before it counts as a jump. */
const jumpMs = 2 * SECOND;
const beatMs = 500;
/** How often what is of no more use is looked for. */
const forgetEveryMs = MINUTE;
/** People are reminded of so many incidents a beat: a decision does not wait until all of them are told. */
const mostReminders = 100;

/** What happens by time alone: the halt file, clock jumps, reminders, and the mark that the daemon is alive. */
export async function beat(core: Core, signal: AbortSignal): Promise<void> {
  const heart = new Heart(core);
  while (!signal.aborted) {
    await heart.beat();
    await sleep(core.parts.clock, beatMs, signal);
  }
}

class Heart {
  readonly #core: Core;
  #offsetMs: number;
  /** undefined before the first look. */
  #halted: string | null | undefined;
  #aliveAt = 0;
  #forgotAt = 0;

  constructor(core: Core) {
    this.#core = core;
    this.#offsetMs = core.parts.clock.wall() - core.parts.clock.now();
  }

  async beat(): Promise<void> {
    await this.#noticeJump();
    await this.#noticeHalt();
    await this.#remind();
    await announceDue(this.#core);
    await closeMigrations(this.#core);
    await this.#forget();
    await this.#markAlive();
  }

  async #noticeJump(): Promise<void> {
    const { clock, detection } = this.#core.parts;
    const offsetMs = clock.wall() - clock.now();
    const byMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(byMs) <= jumpMs) return;
    await this.#core.turn((turn) => {
      turn.watches(detection.restartPending(turn.at));
      const message = `the wall clock jumped by ${formatDuration(byMs)}; pending breaches start over`;
      turn.note({ type: 'clock_jump', message, facts: { byMs } });
    });
  }

  async #noticeHalt(): Promise<void> {
    const halted = haltedBecause(this.#core.parts, this.#core.book);
    const lifted = halted === null;
    const changed = halted !== this.#halted && !(lifted && this.#halted === undefined);
    this.#halted = halted;
    // A halt may come and go between two looks, or end while the daemon is away.
    if (!changed && !(lifted && this.#core.book.open().some(waitsForHalt))) return;
    await this.#core.turn((turn, flow) => {
      const message = halted ?? 'the halt is lifted: effects may start again';
      if (changed) turn.note({ type: lifted ? 'unhalted' : 'halted', message });
      if (lifted) for (const open of flow.book.open()) liftHalt(turn, flow, open);
    });
  }

  async #remind(): Promise<void> {
    const { book, parts } = this.#core;
    const now = parts.clock.now();
    const due = book
      .open()
      .filter((open) => isUnanswered(book, open, now))
      .slice(0, mostReminders);
    if (due.length === 0) return;
    await this.#core.turn((turn) => {
      for (const open of due) {
        const { context } = open.incident;
        turn.control(controlKeys.reminded(context.id), turn.at);
        const since = formatDuration(turn.at - context.openedAt);
        turn.note(
          {
            type: 'incident.reminder',
            message: `still ${stateOf(open).replace('_', ' ')} after ${since}: ${whatFor(open)}; ${whatNow(open)}`,
          },
          open,
        );
      }
    });
  }

  async #forget(): Promise<void> {
    const { book, parts } = this.#core;
    const now = parts.clock.now();
    const kinds = ['token:', 'code:', 'reminded:'] as const;
    const some = kinds.some((kind) => book.controlsOf(kind).size > 0);
    if (!some || now - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = now;
    await this.#core.turn((turn) => {
      forgetOldTokens(turn, book);
      forgetOldCodes(turn, book);
      forgetReminders(turn, book);
    });
  }

  async #markAlive(): Promise<void> {
    const now = this.#core.parts.clock.now();
    if (this.#core.book.open().length === 0 || now - this.#aliveAt < aliveEveryMs) return;
    this.#aliveAt = now;
    await this.#core.turn((turn) => turn.control(aliveKey, now));
  }
}

/** People who were told are told again, until somebody acknowledges; a restart in between is no reason to. */
function isUnanswered(book: Book, open: Case, now: number): boolean {
  const { incident, rollback } = open;
  const { id, acknowledgedBy, openedAt } = incident.context;
  // What a step holds, and nobody can let go of, needs a person too.
  const stuck =
    incident.value === 'rolling_back' && (rollback?.value === 'releasing' || rollback?.value === 'holding');
  const told = incident.value === 'investigating' || incident.value === 'handed_over';
  // Whoever acknowledged the incident did not acknowledge that: writers are shut out for as long.
  const waits = acknowledgedBy === null && (told || isUnconfirmed(open));
  if (!stuck && !waits) return false;
  const lastAt = book.control<number>(controlKeys.reminded(id)) ?? openedAt;
  // What is still to come was written before the clock was set back, and says nothing.
  return now - lastAt >= book.configuration.notify.remindMs || lastAt > now;
}

/** Of incidents that are closed. */
function forgetReminders(turn: Turn, book: Book): void {
  const prefix = controlKeys.reminded('');
  for (const key of book.controlsOf('reminded:').keys())
    if (book.find(key.slice(prefix.length)) === null) turn.control(key, null);
}

/** An acknowledgement ends no reminders of what is still held. */
function whatNow(open: Case): string {
  const { id } = open.incident.context;
  const state = stateOf(open);
  if (state === 'releasing') return 'letting go is tried again until it works';
  if (state === 'holding') return `rollbackd ack ${id} lets go of what is held`;
  return `rollbackd ack ${id} says you have it`;
}

/** What people are reminded of. */
function whatFor(open: Case): string {
  const { target, reason } = open.incident.context;
  return isUnconfirmed(open)
    ? `no reading has confirmed the breach since the daemon started; rollbackd rollback ${target} goes on without one`
    : reason;
}

/** It could go on, but for a reading that says what the last one before the restart said. */
function isUnconfirmed({ incident, needsFreshReading }: Case): boolean {
  return needsFreshReading && ['planning', 'asking', 'starting', 'rolling_back'].includes(incident.value);
}

function waitsForHalt({ incident, rollback }: Case): boolean {
  return incident.value === 'halted' || (incident.value === 'rolling_back' && rollback?.value === 'paused');
}

/** Lets go on what the halt had stopped: waiting incidents are judged again, paused rollbacks take their next step. */
export function liftHalt(turn: Turn, flow: Flow, open: Case): void {
  flow.incident(turn, open, { type: 'unhalted', at: turn.at });
  flow.rollback(turn, open, { type: 'unhalted', at: turn.at });
}
