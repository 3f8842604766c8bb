import type { Cause } from '../../../domain/incident.ts';
import type { Json } from '../../../domain/json.ts';
import { MINUTE } from '../../../domain/time.ts';
import type { Clock } from '../../../domain/ports/clock.ts';
import type { Ids } from '../../../domain/ports/ids.ts';
import type { InboxRow, Store } from '../../../domain/ports/store.ts';

/** A rollback that somebody typed, and has to confirm with a click before it acts. */
export interface Confirmation {
  readonly user: string;
  readonly target: string;
  readonly to: string | null;
  readonly because: Cause;
  readonly note: string;
  /** Of the plan that they were shown. */
  readonly planDigest: string;
}

const source = 'slack.confirm';
const validMs = 5 * MINUTE;
/** Open ones; what is typed beyond that waits until earlier ones are over. */
const most = 100;
/** Of one person: nobody keeps others from typing theirs. */
const mostOfOne = 10;

export interface ConfirmationParts {
  readonly store: Pick<Store, 'receive' | 'answered' | 'unanswered'>;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'unguessable'>;
}

/** What waits to be confirmed, in the inbox. */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  /** Being used now: two clicks at once must not both find it unused. */
  readonly #claimed = new Set<string>();

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
  }

  /**
   * Keeps what is to be confirmed, under an id that nobody guesses.
   *
   * @returns the id; null while too many are open
   */
  async keep(confirmation: Confirmation): Promise<string | null> {
    const { store, clock, ids } = this.#parts;
    const open = await store.unanswered(source, most + 1);
    const old = open.filter(({ at }) => clock.now() - at > validMs);
    for (const row of old) await store.answered(row, { ended: 'too late' });
    const own = open.filter((row) => !old.includes(row) && userOf(row) === confirmation.user);
    if (open.length - old.length >= most || own.length >= mostOfOne) return null;
    const id = ids.unguessable();
    await store.receive([{ source, key: id, at: clock.now(), payload: { ...confirmation } }]);
    return id;
  }

  /**
   * Uses one up, for the person whom it was made for. Used before it is acted upon: after a crash it has to be typed
   * again.
   *
   * @returns null when there is none that counts
   */
  async use(id: string, user: string): Promise<Confirmation | null> {
    if (this.#claimed.has(id)) return null;
    this.#claimed.add(id);
    try {
      const { store, clock } = this.#parts;
      const open = await store.unanswered(source, most + 1);
      const row = open.find(({ key }) => key === id);
      if (row === undefined || userOf(row) !== user) return null;
      await store.answered(row, { ended: 'used' });
      return clock.now() - row.at > validMs ? null : (row.payload as unknown as Confirmation);
    } finally {
      this.#claimed.delete(id);
    }
  }
}

function userOf({ payload }: InboxRow): Json | undefined {
  return (payload as { readonly user?: Json }).user;
}
