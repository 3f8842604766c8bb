import type { RuleView } from '../domain/ports/daemon.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import type { Reading } from '../domain/reading.ts';

/** A point of time within a film: many things may happen at one instant, one after the other. */
export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  /** Grows from frame to frame; Infinity is when all of the instant is over. */
  readonly order: number;
}

/** A rule on a subject, right after one of its readings. */
export interface RuleFrame extends Moment {
  readonly view: RuleView;
  readonly reading: Reading | null;
}

/** What is known of a target's latest incident, and of what runs there, right after something happened to it. */
export interface TargetFrame extends Moment {
  readonly incident: IncidentRow | null;
  /** The last decision of that incident: what was decided, what the matrix wanted, who objected. */
  readonly decided: {
    readonly action: string;
    readonly wanted: string;
    readonly objections: readonly string[];
    readonly reason: string;
  } | null;
  /** Playbook of the last plan of that incident, as `pack/name`. */
  readonly playbook: string | null;
  /** Label of the release that a rollback of that incident put there. */
  readonly rolledBackTo: string | null;
  readonly running: string | null;
}

/** Everything that a rehearsal showed, in order of time. */
export class Film {
  /** By `rule on subject`. */
  readonly #rules = new Map<string, RuleFrame[]>();
  readonly #targets = new Map<string, TargetFrame[]>();
  readonly entries: NewEntry[] = [];
  #order = 0;

  rule(frame: Omit<RuleFrame, 'order'>): void {
    push(this.#rules, key(frame.view.rule, frame.view.subject), { ...frame, order: this.#order++ });
  }

  target(name: string, frame: Omit<TargetFrame, 'order'>): void {
    push(this.#targets, name, { ...frame, order: this.#order++ });
  }

  /** What the rule was at a moment; null before its first reading. */
  ruleAt(rule: string, subject: string, moment: Moment): RuleFrame | null {
    return lastUntil(this.ruleFrames(rule, subject), moment);
  }

  targetAt(name: string, moment: Moment): TargetFrame | null {
    return lastUntil(this.#targets.get(name) ?? [], moment);
  }

  ruleFrames(rule: string, subject: string): readonly RuleFrame[] {
    return this.#rules.get(key(rule, subject)) ?? [];
  }

  targetFrames(name: string): readonly TargetFrame[] {
    return this.#targets.get(name) ?? [];
  }

  /** Every rule on every subject that was read. */
  allRules(): Iterable<readonly RuleFrame[]> {
    return this.#rules.values();
  }
}

function key(rule: string, subject: string): string {
  return `${rule} on ${subject}`;
}

function push<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}

/** When everything has happened that happens at an instant. */
export function endOf(at: number): Moment {
  return { at, order: Infinity };
}

/** The last frame that is not later; frames are in order of time. */
function lastUntil<Frame extends Moment>(frames: readonly Frame[], moment: Moment): Frame | null {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareMoments(frames[middle] ?? endOf(Infinity), moment) <= 0) low = middle + 1;
    else high = middle;
  }
  return frames[low - 1] ?? null;
}

/** For sorting: earlier ones first. */
export function compareMoments(a: Moment, b: Moment): number {
  if (a.at !== b.at) return a.at - b.at;
  return a.order === b.order ? 0 : a.order - b.order;
}
