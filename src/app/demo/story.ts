import type { PhaseTime, RtoPhase } from '../../domain/ports/store.ts';
import { formatDuration } from '../../domain/time.ts';

/** Something that happened, as the journal has it. */
export interface Happening {
  readonly type: string;
  readonly message: string;
  readonly at: number;
}

/** What stands before each kind of line; entries that are not listed are left to `rollbackd show`. */
const headings: Readonly<Record<string, string>> = {
  'incident.opened': 'BREACH',
  decided: 'DECISION',
  'plan.built': 'PLAN',
  'rollback.begun': 'ROLLBACK',
  'effect.started': 'STEP',
  'effect.done': 'STEP',
  'effect.failed': 'STEP FAILED',
  'rollback.settling': 'VERIFY',
  'phase.passed': 'VERIFY',
  'phase.failed': 'VERIFY FAILED',
  'rollback.confirming': 'VERIFY',
  'rollback.ended': 'VERIFY',
  'incident.closed': 'OUTCOME',
  'incident.handed_over': 'HANDED OVER',
};

const colors: Readonly<Record<string, number>> = {
  BREACH: 31,
  DECISION: 33,
  PLAN: 36,
  ROLLBACK: 35,
  OUTCOME: 32,
  DEMO: 90,
};

/** Tells what happens, one line at a time: seconds since the start, what kind of thing, the sentence. */
export class Storyteller {
  readonly #out: (line: string) => void;
  readonly #color: boolean;
  readonly #startedAt: number;
  #last = '';

  constructor(options: {
    readonly out: (line: string) => void;
    readonly color: boolean;
    readonly startedAt: number;
  }) {
    this.#out = options.out;
    this.#color = options.color;
    this.#startedAt = options.startedAt;
  }

  say(heading: string, message: string, at: number): void {
    const seconds = ((at - this.#startedAt) / 1_000).toFixed(1).padStart(5);
    this.#out(`${seconds}s  ${this.#paint(heading.padEnd(9), colors[heading.trim()] ?? 37)}  ${message}`);
  }

  tell({ type, message, at }: Happening): void {
    const heading = headings[type];
    // A decision is confirmed once its plan is known; told twice it would only be noise.
    if (heading === undefined || message === this.#last) return;
    this.#last = message;
    this.say(heading, message, at);
  }

  /** How long each phase took, against its objective. */
  table(phases: Readonly<Record<RtoPhase, PhaseTime>>): void {
    this.#out('');
    this.#out(this.#paint('  phase           actual   objective', 1));
    for (const name of ['detection', 'decision', 'rollback', 'verification', 'total'] as const) {
      const { actualMs, objectiveMs } = phases[name];
      const actual = actualMs === null ? '-' : formatDuration(actualMs);
      const objective = objectiveMs === null ? '-' : formatDuration(objectiveMs);
      const met =
        actualMs === null || objectiveMs === null
          ? ''
          : actualMs <= objectiveMs
            ? this.#paint('met', 32)
            : this.#paint('missed', 31);
      this.#out(`  ${name.padEnd(14)}${actual.padStart(8)}${`< ${objective}`.padStart(12)}  ${met}`);
    }
    this.#out('');
  }

  #paint(text: string, code: number): string {
    return this.#color ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
