import type { RuleView } from '../domain/ports/daemon.ts';
import type { IncidentRow, NewEntry } from '../domain/ports/store.ts';
import type { Reading } from '../domain/reading.ts';

/** A rule on a subject, right after one of its readings. */
export interface RuleFrame {
  readonly at: number;
  readonly view: RuleView;
  readonly reading: Reading | null;
}

/** What is known of a target's latest incident, and of what runs there, right after something happened to it. */
export interface TargetFrame {
  readonly at: number;
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

  rule(frame: RuleFrame): void {
    push(this.#rules, key(frame.view.rule, frame.view.subject), frame);
  }

  target(name: string, frame: TargetFrame): void {
    push(this.#targets, name, frame);
  }

  /** What the rule was at an instant; null before its first reading. */
  ruleAt(rule: string, subject: string, at: number): RuleFrame | null {
    return lastUntil(this.ruleFrames(rule, subject), at);
  }

  targetAt(name: string, at: number): TargetFrame | null {
    return lastUntil(this.#targets.get(name) ?? [], at);
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

/** The last frame that is not later; frames are in order of time. */
function lastUntil<Frame extends { readonly at: number }>(
  frames: readonly Frame[],
  at: number,
): Frame | null {
  let [low, high] = [0, frames.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.at ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return frames[low - 1] ?? null;
}
