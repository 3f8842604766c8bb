import type { LevelChange, Watch } from '../../src/domain/breach.ts';
import type { Reading } from '../../src/domain/reading.ts';
import type { Comparison, Level, Operator, Rule, Severity } from '../../src/domain/rule.ts';
import type { Target } from '../../src/domain/target.ts';
import { digest } from '../../src/domain/json.ts';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { foldWatch, freshWatch, restoredWatch, type WatchFold } from '../../src/detect/watch.ts';
import { start } from '../fakes/clock.ts';

export function comparison(operator: Operator, value: number): Comparison {
  return { operator, threshold: { value, unit: 'ratio' } };
}

export function level(severity: Severity, condition: Level['condition'], more: Partial<Level> = {}): Level {
  return {
    severity,
    condition,
    want: { action: 'rollback', playbook: null },
    withinMs: 15 * MINUTE,
    otherwise: 'hand_over',
    whileDeploying: false,
    ...more,
  };
}

export function above(value: number, forMs: number): Level['condition'] {
  return { comparison: comparison('above', value), forMs };
}

/** `shop/errors`: above 50 % for 1 m is critical, read every 10 s, unless the case says otherwise. */
export function aRule(more: Partial<Omit<Rule, 'digest'>> = {}): Rule {
  const rule = {
    id: 'shop/errors',
    pack: 'shop',
    name: 'errors',
    summary: 'Share of failed requests',
    runbook: null,
    scope: 'target',
    everyMs: 10 * SECOND,
    source: { kind: 'fake', options: {} },
    windowMs: 0,
    levels: [level('critical', above(0.5, MINUTE))],
    recover: null,
    onNoData: 'hold',
    onError: 'hold',
    blindAfterMs: 5 * MINUTE,
    mode: 'auto',
    blameMs: null,
    ...more,
  } satisfies Omit<Rule, 'digest'>;
  return { ...rule, digest: digest(rule) };
}

export function aTarget(name: string, more: Partial<Target> = {}): Target {
  return {
    name,
    container: null,
    link: null,
    repository: null,
    stack: null,
    swarm: null,
    packs: ['shop'],
    labels: { service: name },
    address: null,
    playbook: 'shop/service',
    emergencyPlaybook: 'shop/service',
    mode: 'auto',
    host: 'alpha',
    graceMs: MINUTE,
    bakeMs: MINUTE,
    cooldownMs: MINUTE,
    ...more,
  };
}

/** What a letter of a trace was read as. */
const letters: Readonly<
  Record<string, Omit<Reading & { kind: 'value' }, 'at'> | 'fails' | 'passes' | Unknown>
> = {
  B: { kind: 'value', value: 0.9, detail: '90%' },
  '-': { kind: 'value', value: 0.3, detail: '30%' },
  '.': { kind: 'value', value: 0.01, detail: '1%' },
  X: 'fails',
  o: 'passes',
  '?': 'no_data',
  E: 'error',
  i: 'insufficient',
  n: 'never_seen',
};
type Unknown = 'no_data' | 'error' | 'insufficient' | 'never_seen';

export function readingOf(letter: string, at: number): Reading {
  const meaning = letters[letter];
  if (meaning === undefined) throw new Error(`a trace has no letter ${letter}`);
  if (meaning === 'fails') return { kind: 'probe', at, passed: false, detail: 'refused the connection' };
  if (meaning === 'passes') return { kind: 'probe', at, passed: true, detail: 'answered 200' };
  if (typeof meaning === 'string') return { kind: 'unknown', at, why: meaning, detail: 'nothing to see' };
  return { ...meaning, at };
}

const shownPhase = { clear: 'c', pending: 'p', firing: 'F', recovering: 'r' } as const;

/**
 * A rule on one subject, fed with letters: `B` breaches, `.` is well, `-` is in between, `X` and `o` are probes that
 * fail and pass, `?` no data, `E` an error, `i` too little traffic, `n` never seen. Each letter is one interval later.
 */
export class Tracing {
  readonly changes: LevelChange[] = [];
  watch: Watch;
  at = start;
  inGrace = false;
  deploying = false;
  verdict: WatchFold['verdict'] = 'ok';
  readonly #rule: Rule;

  constructor(rule: Rule) {
    this.#rule = rule;
    this.watch = freshWatch(rule, 'backend');
  }

  /** @returns the phase of a level after each letter: clear, pending, Firing, recovering */
  see(trace: string, severity: Severity = 'critical'): string {
    return trace
      .split('')
      .map((letter) => this.#fold(letter, severity))
      .join('');
  }

  /** Lets time pass without any reading. */
  wait(ms: number): this {
    this.at += ms;
    return this;
  }

  /** JSON out, JSON in, as a stop and a start of the daemon. */
  restart(downMs: number = 0): this {
    const stored = JSON.parse(JSON.stringify(this.watch)) as Watch;
    this.at += downMs;
    // A start right after a reading: no time has passed since.
    this.watch = restoredWatch(stored, downMs === 0 ? this.at - this.#rule.everyMs : this.at);
    return this;
  }

  told(): string[] {
    return this.changes.map(
      ({ severity, change, armed }) => `${severity} ${change}${armed ? '' : ' (unarmed)'}`,
    );
  }

  /** The same reading, so many intervals in a row. */
  read(reading: Reading, count = 1): this {
    for (let left = count; left > 0; left--) this.#foldReading({ ...reading, at: this.at });
    return this;
  }

  #fold(letter: string, severity: Severity): string {
    this.#foldReading(readingOf(letter, this.at));
    return shownPhase[this.watch.levels[severity]?.phase ?? 'clear'];
  }

  #foldReading(reading: Reading): void {
    const { watch, changes, verdict } = foldWatch(this.watch, this.#rule, reading, {
      at: this.at,
      inGrace: this.inGrace,
      deploying: this.deploying,
    });
    this.at += this.#rule.everyMs;
    this.watch = watch;
    this.verdict = verdict;
    this.changes.push(...changes);
  }
}

/** A rule that is trusted: it read ok once. */
export function tracing(more: Parameters<typeof aRule>[0] = {}, first = '.'): Tracing {
  const traced = new Tracing(aRule(more));
  traced.see(first);
  traced.changes.length = 0;
  return traced;
}
