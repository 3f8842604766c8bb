import { freshWatch, foldWatch } from '../../detect/watch.ts';
import { viewOf } from '../../detect/view.ts';
import type { Signal } from '../../detect/signal.ts';
import { firesAfterMs } from '../../domain/condition.ts';
import type { RuleView } from '../../domain/ports/daemon.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Subject } from '../../domain/target.ts';

/** How many instants before the one that is explained are read again at most. */
const most = 240;
/** How many of them are asked for at the same time. */
const atOnce = 8;

/** A rule as it would have stood at an instant, had it been armed and watched since long enough before. */
export interface PastView {
  readonly view: RuleView;
  readonly reading: Reading;
}

/**
 * Reads a rule of one subject again at the instants of its grid up to `at`, and folds the readings as detection does.
 *
 * @param signalAt what the rule reads through at an instant
 */
export async function readPast(
  { rule, subject, at }: { readonly rule: Rule; readonly subject: Subject; readonly at: number },
  signalAt: (at: number) => Signal,
  signal: AbortSignal,
): Promise<PastView> {
  const instants = instantsBefore(rule, at);
  const readings: Reading[] = [];
  for (let index = 0; index < instants.length; index += atOnce) {
    const some = instants.slice(index, index + atOnce);
    readings.push(
      ...(await Promise.all(some.map((instant) => readOne(signalAt(instant), subject, instant, signal)))),
    );
  }
  let watch = freshWatch(rule, subject.name);
  let verdict: RuleView['verdict'] = 'not_read';
  for (const reading of readings) {
    const folded = foldWatch({ ...watch, armed: true, seen: true }, rule, reading, {
      at: reading.at,
      inGrace: false,
      deploying: false,
    });
    watch = folded.watch;
    verdict = folded.verdict;
  }
  const reading = readings.at(-1) ?? missing(at);
  const view = viewOf(rule, { subject: subject.name, watch, reading, verdict, troubledAt: at, blindTo: [] });
  return { view, reading };
}

/** Oldest first, `at` the last: as far back as the slowest level needs, and half as long again. */
function instantsBefore(rule: Rule, at: number): readonly number[] {
  const slowest = Math.max(
    rule.recover?.forMs ?? 0,
    ...rule.levels.map(({ condition }) => firesAfterMs(condition, rule.everyMs)),
  );
  const wanted = Math.ceil((slowest * 1.5) / rule.everyMs) + 2;
  const count = Math.min(wanted, most);
  return Array.from({ length: count }, (_, index) => at - (count - 1 - index) * rule.everyMs);
}

async function readOne(source: Signal, subject: Subject, at: number, signal: AbortSignal): Promise<Reading> {
  const reading = (await source.read([subject], signal)).get(subject.name);
  return reading === undefined ? missing(at) : { ...reading, at };
}

function missing(at: number): Reading {
  return { kind: 'unknown', at, why: 'no_data', detail: 'the source returned nothing for it' };
}
