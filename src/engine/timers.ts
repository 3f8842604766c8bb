import type { Case } from './case.ts';
import type { Core } from './core.ts';
import type { Flow } from './flow.ts';
import { remindAt, remindOfQuestion } from './questions.ts';
import type { Turn } from './turn.ts';
import { confirmationOverdue } from './verifying.ts';

/** Waits are `dueAt` in the machines' context; this is the one alarm that wakes the loop for the earliest of them. */
export class Timers {
  readonly #core: Core;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Sets the alarm for the earliest wait of all open cases. */
  arm(): void {
    this.#cancel();
    if (this.#stopped) return;
    const dues = this.#core.book.open().flatMap((open) => dueOf(open) ?? []);
    if (dues.length === 0) return;
    const inMs = Math.max(0, Math.min(...dues) - this.#core.parts.clock.now());
    this.#cancel = this.#core.parts.clock.after(inMs, () => void this.#ring());
  }

  /** For good: an alarm that rings meanwhile sets no other. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #ring(): Promise<void> {
    await this.#core
      .turn((turn, flow) => {
        for (const open of flow.book.open()) {
          const due = dueOf(open);
          if (due === null || due > turn.at) continue;
          if (open.incident.value === 'asking') wakeQuestion(turn, flow, open);
          else if (open.rollback?.value === 'settling')
            flow.rollback(turn, open, { type: 'settled', at: turn.at });
          else confirmationOverdue(turn, flow, open);
        }
      })
      .then(
        () => this.arm(),
        () => {},
      );
  }
}

/** Its time is over, or people are to be reminded of it. */
function wakeQuestion(turn: Turn, flow: Flow, open: Case): void {
  flow.approval(turn, open, { type: 'due', at: turn.at });
  remindOfQuestion(flow, turn, open);
}

/** When the case wants to be woken, epoch ms. */
function dueOf(open: Case): number | null {
  const { incident, rollback, confirmations } = open;
  if (incident.value === 'asking') return questionDueOf(open);
  if (incident.value !== 'rolling_back' || rollback === null) return null;
  if (rollback.value === 'settling') return rollback.context.dueAt;
  return rollback.value === 'confirming' && confirmations.length > 0 ? rollback.context.dueAt : null;
}

/** A question that ends in a rollback waits for a fresh reading first. */
function questionDueOf(open: Case): number | null {
  const { approval, needsFreshReading } = open;
  if (approval?.value !== 'open') return null;
  const { otherwise, dueAt } = approval.context;
  if (needsFreshReading && otherwise === 'rollback') return null;
  return Math.min(dueAt, remindAt(open) ?? dueAt);
}
