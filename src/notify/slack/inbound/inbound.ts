import { messageOf, RollbackError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { SlackApp } from '../../../domain/notification.ts';
import type { ClickAction } from '../../../domain/ports/interactions.ts';
import { clickActions } from '../../../domain/ports/interactions.ts';
import type { Log } from '../../../domain/ports/log.ts';
import type { InboxRow } from '../../../domain/ports/store.ts';
import { MINUTE, SECOND } from '../../../domain/time.ts';
import { takeAnswer } from './clicks.ts';
import { showIncident, takeCommand, takeConfirmation } from './commands.ts';
import { nameOf, refused, told, type Desk, type Outcome, type Remark } from './desk.ts';
import { Intake, source } from './intake.ts';
import { storedInteraction, type Interaction, type NotTaken } from './interaction.ts';
import { strangeness, strangeWords } from './origin.ts';
import { Pace } from './pace.ts';
import type { SlackCalls } from './slack-calls.ts';
import { viewOf, whisperOf, whisperTo } from './whispers.ts';

export interface InboundOptions {
  readonly desk: Desk;
  readonly app: Pick<SlackApp, 'app' | 'team' | 'channel'>;
  readonly calls: SlackCalls;
  readonly log: Log;
  /** Journals what nobody else does. */
  readonly journal: (remark: Remark) => Promise<void>;
  /** The card of an incident shows something else now. */
  readonly refresh: (incident: string) => void;
  /** Counts what came of each click and command: how it ended, and a word that says why. */
  readonly counted: (ended: Outcome['ended'] | 'ignored', because: string) => void;
  readonly gatherMs?: number;
}

/** What a transport is told of something that it brought: all but `new` is finished with. */
export type Taken = 'new' | 'seen' | 'ignored';

/** A click that is taken later than this after it came was overtaken by what happened since. */
const lateAfterMs = 15 * MINUTE;
/** Per person and window. */
const paceMs = 10 * SECOND;
const mostInPace = 20;
/** Refused clicks have a card that is behind put right; once in this time is enough. */
const refreshMs = 5 * SECOND;
/** Looked at together; the rest waits its turn. */
const mostTogether = 16;
const mostWaiting = 5_000;

/**
 * What people click and type in Slack, whichever way it comes: first it is made durable, then it may be acknowledged,
 * then it is taken. It is taken once, and what was not finished when the daemon died is taken at the next start.
 */
export class Inbound {
  readonly #options: InboundOptions;
  readonly #intake: Intake;
  readonly #pace: Pace;
  readonly #refreshed: Pace;
  readonly #waiting: (() => Promise<void>)[] = [];
  /** By key: what is stored at the start may have come in a moment before. */
  readonly #known = new Set<string>();
  #started = false;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(options: InboundOptions) {
    const { desk, gatherMs = 3 } = options;
    this.#options = options;
    this.#intake = new Intake({ store: desk.store, clock: desk.clock, gatherMs });
    this.#pace = new Pace(desk.clock, paceMs);
    this.#refreshed = new Pace(desk.clock, refreshMs);
  }

  /**
   * Makes something durable and has it taken. Resolves when it may be acknowledged.
   *
   * @param key unique to what the other side sent, however often it sends it
   * @throws RollbackError when it could not be stored; then it must not be acknowledged
   */
  async receive(key: string, done: Interaction | NotTaken): Promise<Taken> {
    if (done.kind === 'not_taken') {
      this.#options.counted('ignored', done.reason);
      return 'ignored';
    }
    if (this.#waiting.length >= mostWaiting)
      throw new RollbackError('RATE_LIMITED', 'more clicks and commands came in than can be taken');
    const before = await this.#intake.take(key, done);
    if (before !== null) {
      this.#options.counted('ignored', 'seen');
      return 'seen';
    }
    this.#queue(key, done, this.#options.desk.clock.now());
    return 'new';
  }

  /** Takes what was stored and not finished, oldest first. Called once, at a start: nothing is taken before. */
  async recover(): Promise<void> {
    const rows = await this.#options.desk.store.unanswered(source, 10_000);
    this.#started = true;
    for (const row of rows) {
      const done = storedInteraction(row.payload);
      if (done === null)
        await this.#options.desk.store.answered(row, { ended: 'refused', because: 'unreadable' });
      else this.#queue(row.key, done, row.at);
    }
    void this.#work();
  }

  /** Resolves once nothing is being taken. */
  async settled(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #queue(key: string, done: Interaction, at: number): void {
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#waiting.push(() => this.#finish({ source, key }, done, at));
    void this.#work();
  }

  async #work(): Promise<void> {
    if (!this.#started || this.#running >= mostTogether) return;
    this.#running += 1;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await next();
    this.#running -= 1;
    if (this.#running === 0) for (const call of this.#idle.splice(0)) call();
  }

  /** Never rejects: what cannot be finished now stays in the inbox for the next start. */
  async #finish(row: Pick<InboxRow, 'source' | 'key'>, done: Interaction, at: number): Promise<void> {
    const { desk, log, counted } = this.#options;
    try {
      const outcome = await this.#take(done, at);
      await this.#remark(done, outcome);
      await desk.store.answered(row, summaryOf(outcome));
      counted(outcome.ended, outcome.because);
      this.#refresh(outcome);
      await this.#tell(done, outcome);
    } catch (error) {
      counted('ignored', 'failed');
      log.error({ key: row.key, error: messageOf(error) }, 'what somebody did in Slack could not be taken');
    } finally {
      this.#known.delete(row.key);
    }
  }

  async #take(done: Interaction, at: number): Promise<Outcome> {
    const { desk, app } = this.#options;
    // Before anything that is journaled: whoever it is must not fill the journal.
    if (this.#pace.count(done.user) > mostInPace)
      return {
        ...refused('too_many', 'Not taken: too much at once. Try again in some seconds.'),
        journaled: true,
      };
    const strange = strangeness(done, app);
    if (strange !== null) return refused(strange, `Not taken: ${strangeWords[strange]}.`);
    if (desk.clock.now() - at > lateAfterMs)
      return refused(
        'late',
        'Too late: rollbackd was not there to take it when it came. Look at how things stand now.',
      );
    if (done.kind === 'command') return takeCommand(desk, done, done.text);
    if (done.action.startsWith('confirm_')) return takeConfirmation(desk, done, done.action, done.value);
    const action = clickActions.find((known) => known === done.action);
    if (action === undefined) return { ...told(''), because: 'of_no_use' };
    return action === 'view'
      ? this.#view(done, done.value)
      : takeAnswer(desk, { action, ticket: done.value, by: done });
  }

  async #view(by: Interaction, value: string): Promise<Outcome> {
    const { desk } = this.#options;
    const incident = value.startsWith('i-') ? value : ((await desk.questions.look(value))?.incident.id ?? '');
    return { ...(await showIncident(desk, by, incident)), because: 'view' };
  }

  async #remark(done: Interaction, outcome: Outcome): Promise<void> {
    if (outcome.ended !== 'refused' || outcome.journaled) return;
    const { desk, journal } = this.#options;
    const name = nameOf(done.user, desk.contacts());
    await journal({
      type: 'answer.refused',
      message: `${name} in Slack, ${whatIs(done)}: ${outcome.say}`,
      facts: { by: name, user: done.user, via: 'slack', because: outcome.because },
      incident: outcome.incident,
    });
  }

  #refresh({ incident, ended }: Outcome): void {
    if (incident === null || ended === 'told') return;
    if (ended === 'accepted' || this.#refreshed.count(incident) === 1) this.#options.refresh(incident);
  }

  /** What came of it is durable by now, so a person who cannot be told is no reason to take it again. */
  async #tell(done: Interaction, outcome: Outcome): Promise<void> {
    const { calls, log } = this.#options;
    if (outcome.say === '') return;
    try {
      const opens = isView(done) && outcome.ended === 'told' && done.trigger !== '';
      if (opens && (await opened(calls, done.trigger, outcome.say))) return;
      await whisperTo(calls, done, whisperOf(outcome));
    } catch (error) {
      log.warn(
        { user: done.user, error: messageOf(error) },
        'somebody in Slack could not be told what came of it',
      );
    }
  }
}

/** A window can be opened for three seconds only; false when it is too late. */
async function opened(calls: SlackCalls, trigger: string, say: string): Promise<boolean> {
  try {
    await calls.openView(trigger, viewOf(say));
    return true;
  } catch (error) {
    if (error instanceof RollbackError) return false;
    throw error;
  }
}

function isView(done: Interaction): boolean {
  return done.kind === 'click' && done.action === ('view' satisfies ClickAction);
}

function whatIs(done: Interaction): string {
  return done.kind === 'click'
    ? `who clicked ${done.action.slice(0, 40)}`
    : `who typed ${done.text.split(/\s/)[0]?.slice(0, 40) ?? ''}`;
}

function summaryOf({ ended, because, incident }: Outcome): Json {
  return { ended, because, incident };
}
