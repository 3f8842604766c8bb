import type { Signal } from '../../detect/signal.ts';
import { fallsBack, promqlSource } from '../../detect/sources/promql.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import type { TakeOver } from '../../detect/sources/take-over.ts';
import { signalOf } from '../../detect/wire.ts';
import { partsOf, type Part } from '../../domain/composition.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { Rule } from '../../domain/rule.ts';

/** Who answers the PromQL of rules, by the word in YAML. */
export interface Answerers {
  readonly prometheus?: Answerer;
  readonly scrape?: Answerer;
  /** Whether `scrape` answers for `prometheus` just now. */
  readonly fallback?: {
    readonly takeOver: Pick<TakeOver, 'silence'>;
    readonly unlessStated: boolean;
  };
}

/** Whether every signal of a rule is PromQL that somebody answers: its past can be read again. */
export function isReadable(answerers: Answerers, rule: Rule): boolean {
  return partsOf(rule).every((part) => answererOf(answerers, part) !== null);
}

/** Who answers a signal; null for what is no PromQL. */
export function answererOf(answerers: Answerers, { source }: Part): Answerer | null {
  const { kind } = source;
  if (kind !== 'prometheus' && kind !== 'scrape') return null;
  const options = source.options as PromqlSignal;
  const { scrape } = answerers;
  const instead = kind === 'prometheus' && scrape !== undefined && insteadFor(answerers, options) !== null;
  return (instead ? scrape : answerers[kind]) ?? null;
}

/** What a rule of PromQL reads through, by the clock that is handed in; null when it is not readable. */
export function readingSignal(
  rule: Rule,
  answerers: Answerers,
  means: { readonly now: () => number; readonly arrivals: Arrivals },
): Signal | null {
  const clock = { now: means.now, wall: means.now, after: () => () => {} };
  const { prometheus, scrape, fallback } = answerers;
  const made = { clock, arrivals: means.arrivals };
  const silence = fallback?.takeOver.silence() ?? null;
  const standIn =
    fallback === undefined || silence === null || scrape === undefined
      ? null
      : { takeOver: answering(scrape, prometheus, silence.detail), unlessStated: fallback.unlessStated };
  return signalOf(rule, {
    ...(prometheus === undefined
      ? {}
      : {
          prometheus: promqlSource({ ...made, kind: 'prometheus', answerer: prometheus, fallback: standIn }),
        }),
    ...(scrape === undefined ? {} : { scrape: promqlSource({ ...made, kind: 'scrape', answerer: scrape }) }),
  });
}

/** Asks the second at once: whether the first is back is for detection to find out. */
function answering(second: Answerer, first: Answerer | undefined, why: string): Pick<TakeOver, 'ask'> {
  const instead = `by ${second.name}, ${first?.name ?? 'prometheus'} does not answer: ${why}`;
  return { ask: async (ask) => ({ answer: await ask(second), instead }) };
}

function insteadFor({ fallback }: Answerers, options: PromqlSignal): string | null {
  if (fallback === undefined || !fallsBack(options, fallback)) return null;
  return fallback.takeOver.silence()?.detail ?? null;
}
