import { messageOf } from '../../../domain/errors.ts';
import { sleep, type Clock } from '../../../domain/ports/clock.ts';
import type { Log } from '../../../domain/ports/log.ts';
import { MINUTE } from '../../../domain/time.ts';
import type { Asking, Standing } from './rights.ts';
import type { SlackCalls } from './slack-calls.ts';

/** How long what Slack said counts without a look, and when Slack does not answer. */
const freshMs = 5 * MINUTE;
const longestMs = 15 * MINUTE;
/** Looked again a little before it is old, so that clicks need not wait. */
const refreshEveryMs = 4 * MINUTE;
const mostUsers = 1_000;

export interface MembersOptions {
  readonly calls: Pick<SlackCalls, 'user' | 'group'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly team: string;
  /** The groups that grants name. */
  readonly groups: () => readonly string[];
}

/** Who people are and which groups they are in, as Slack said within the last minutes. */
export class Members {
  readonly #options: MembersOptions;
  readonly #users: Remembered<Standing>;
  readonly #groups: Remembered<ReadonlySet<string>>;

  constructor(options: MembersOptions) {
    const { calls, team } = options;
    this.#options = options;
    this.#users = new Remembered(options, async (id) => standingOf(await calls.user(id), id, team));
    this.#groups = new Remembered(options, async (id) => new Set(await calls.group(id)));
  }

  /** Everything that rights ask about somebody. Never rejects: what cannot be told is unknown. */
  async asking(user: string): Promise<Asking> {
    const groups = this.#options.groups();
    const [standing, ...members] = await Promise.all([
      this.#users.get(user),
      ...groups.map((group) => this.#groups.get(group)),
    ]);
    const byGroup = new Map(groups.map((group, index) => [group, members[index] ?? null]));
    return {
      user,
      standing: standing ?? 'unknown',
      isIn: (group) => byGroup.get(group)?.has(user) ?? null,
    };
  }

  /** Keeps the groups fresh until the signal aborts. Never rejects. */
  async start(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await Promise.all(this.#options.groups().map((group) => this.#groups.refresh(group)));
      await sleep(this.#options.clock, refreshEveryMs, signal);
    }
  }
}

/** Answers of Slack by id, with their age. Those that ask for the same at once share one call. */
class Remembered<Value> {
  readonly #known = new Map<string, { readonly value: Value; readonly at: number }>();
  readonly #asked = new Map<string, Promise<Value | null>>();
  readonly #options: MembersOptions;
  readonly #ask: (id: string) => Promise<Value>;

  constructor(options: MembersOptions, ask: (id: string) => Promise<Value>) {
    this.#options = options;
    this.#ask = ask;
  }

  /** null: Slack does not say, and did not within the last quarter of an hour. */
  async get(id: string): Promise<Value | null> {
    const known = this.#known.get(id);
    if (known !== undefined && this.#age(known.at) <= freshMs) return known.value;
    const told = await this.refresh(id);
    if (told !== null) return told;
    return known !== undefined && this.#age(known.at) <= longestMs ? known.value : null;
  }

  refresh(id: string): Promise<Value | null> {
    const running = this.#asked.get(id);
    if (running !== undefined) return running;
    const asking = this.#look(id).finally(() => this.#asked.delete(id));
    this.#asked.set(id, asking);
    return asking;
  }

  async #look(id: string): Promise<Value | null> {
    const { clock, log } = this.#options;
    // What an answer says was true when it was asked for, not when it came.
    const at = clock.now();
    try {
      const value = await this.#ask(id);
      this.#known.delete(id);
      this.#known.set(id, { value, at });
      const [oldest] = this.#known.keys();
      if (this.#known.size > mostUsers && oldest !== undefined) this.#known.delete(oldest);
      return value;
    } catch (error) {
      log.warn({ about: id, error: messageOf(error) }, 'Slack did not say who may answer');
      return null;
    }
  }

  #age(at: number): number {
    return this.#options.clock.now() - at;
  }
}

/** Whatever is not plainly a full member of this team is not one. */
function standingOf(user: Readonly<Record<string, unknown>>, id: string, team: string): Standing {
  if (user['id'] !== id) return 'unknown';
  if (user['deleted'] === true) return 'deleted';
  if (user['is_bot'] === true || user['is_app_user'] === true || user['is_workflow_bot'] === true)
    return 'bot';
  if (user['is_stranger'] === true) return 'stranger';
  if (user['team_id'] !== team) return 'of another team';
  if (user['is_restricted'] === true || user['is_ultra_restricted'] === true) return 'guest';
  return user['deleted'] === false && user['is_bot'] === false ? 'member' : 'unknown';
}
