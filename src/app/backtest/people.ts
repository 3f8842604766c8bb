import type { Actor } from '../../domain/command.ts';
import type { NewEntry } from '../../domain/ports/store.ts';
import type { Rehearsal } from '../rehearsal/rehearsal.ts';

/** Who answers in a backtest, if anybody does. */
const somebody: Actor = { name: 'somebody (assumed)', role: 'admin' };

interface Approval {
  readonly at: number;
  readonly incident: string;
  readonly planDigest: string | null;
}

/**
 * The people of a backtest: they may approve what they are asked, and they look after what ended, so that a target
 * whose rollback did not help in this history does not rest for ever.
 */
export class PeopleReplayed {
  readonly #rehearsal: Rehearsal;
  readonly #approveAfterMs: number | null;
  readonly #approvals: Approval[] = [];
  readonly #begun = new Set<string>();
  #noticed = 0;

  /** @param approveAfterMs null: nobody answers */
  constructor(rehearsal: Rehearsal, approveAfterMs: number | null) {
    this.#rehearsal = rehearsal;
    this.#approveAfterMs = approveAfterMs;
  }

  /** Whether somebody answers by then. */
  due(at: number): boolean {
    return (this.#approvals[0]?.at ?? Infinity) <= at;
  }

  /** Gives the answers that are due, each at its own time. */
  async act(until: number): Promise<void> {
    for (let next = this.#approvals[0]; next !== undefined && next.at <= until; next = this.#approvals[0]) {
      this.#approvals.shift();
      await this.#rehearsal.passTo(next.at);
      const { incident, planDigest } = next;
      // A question that is over by now is answered in vain.
      await this.#rehearsal.command({ do: 'approve', incident, planDigest, note: '' }, somebody);
    }
    await this.notice();
  }

  /** Looks at what was journaled since the last look. */
  async notice(): Promise<void> {
    const { entries } = this.#rehearsal;
    for (; this.#noticed < entries.length; this.#noticed++) {
      const entry = entries[this.#noticed];
      if (entry === undefined || entry.incident === null) continue;
      const { type, incident, at, facts } = entry;
      if (type === 'rollback.begun') this.#begun.add(incident);
      if (type === 'question.asked' && this.#approveAfterMs !== null)
        this.#approvals.push({ at: at + this.#approveAfterMs, incident, planDigest: digestIn(facts) });
      // Nothing comes of it where the incident did not leave its target resting.
      if (type === 'incident.closed' && this.#begun.has(incident))
        await this.#rehearsal.command({ do: 'ack', incident, note: '' }, somebody);
    }
  }
}

/** Which plan the question is about. */
function digestIn({ planDigest }: NewEntry['facts']): string | null {
  return typeof planDigest === 'string' ? planDigest : null;
}
