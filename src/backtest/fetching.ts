import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Answerer } from '../domain/ports/answerer.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { keyOf, laidOut, type Answered, type Question, type Unanswered } from './answered.ts';
import type { Cache } from './cache.ts';
import type { History, Stretch } from './history.ts';
import { gridIn, lastOf, windowsOf, type Span, type Window } from './span.ts';

export interface FetchOptions {
  readonly answerer: Answerer;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly span: Span;
  readonly questions: readonly Question[];
  /** Questions that are asked at the same time; 4 unless stated. */
  readonly parallel?: number;
  /** Hears of every answer. */
  readonly progress?: (done: number, all: number) => void;
}

/** Samples may come in late: what is younger than this is not kept. */
const settledMs = 10 * MINUTE;
const pausesMs = [SECOND, 3 * SECOND, 9 * SECOND];

/**
 * Asks for the past of all questions, window by window; the next window is asked for while the last one is worked on.
 *
 * A question that is refused is not asked again: it comes as unanswered, with the reason, in this window and all later
 * ones. What was answered is in the cache at once, so that a run that was broken off goes on where it stood.
 *
 * @throws RollbackError when nobody answers at all
 */
export async function* fetched(options: FetchOptions): History {
  const { span, questions, progress } = options;
  const windows = windowsOf(span);
  const refused = new Map<string, Unanswered>();
  const all = windows.length * questions.length;
  let done = 0;
  const load = (window: Window): Promise<Stretch> =>
    askAll(options, window, {
      refused,
      answered: () => progress?.(++done, all),
    });
  let next: Promise<Stretch> | null = null;
  for (const [index, window] of windows.entries()) {
    const stretch = await (next ?? load(window));
    const following = windows[index + 1];
    next = following === undefined ? null : load(following);
    // Whoever stops listening must not leave a rejection behind.
    next?.catch(() => {});
    yield stretch;
  }
}

interface Asking {
  readonly refused: Map<string, Unanswered>;
  readonly answered: () => void;
}

async function askAll(options: FetchOptions, window: Window, asking: Asking): Promise<Stretch> {
  const answers = new Map<string, Answered | Unanswered>();
  const waiting = options.questions.values();
  const work = async (): Promise<void> => {
    for (const question of waiting) {
      answers.set(keyOf(question), await askOne(options, question, window, asking.refused));
      asking.answered();
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? 4 }, work));
  return { window, answers };
}

async function askOne(
  options: FetchOptions,
  question: Question,
  window: Window,
  refused: Map<string, Unanswered>,
): Promise<Answered | Unanswered> {
  const key = keyOf(question);
  const before = refused.get(key);
  if (before !== undefined) return before;
  const kept = await options.cache.find(question, window);
  if (kept !== null) return kept;
  const answer = await askPatiently(options, question, window);
  if ('problem' in answer) refused.set(key, answer);
  else if (window.toMs <= options.clock.now() - settledMs) await options.cache.keep(question, window, answer);
  return answer;
}

async function askPatiently(
  options: FetchOptions,
  question: Question,
  window: Window,
): Promise<Answered | Unanswered> {
  for (const pauseMs of [...pausesMs, null]) {
    try {
      return await ask(options, question, window);
    } catch (thrown) {
      if (options.signal.aborted || !(thrown instanceof RollbackError)) throw thrown;
      const passes = mayPass(thrown);
      if (passes && pauseMs !== null) await sleep(options.clock, pauseMs, options.signal);
      else if (thrown.code === 'UNREACHABLE') throw gaveUp(thrown, window);
      else return { problem: messageOf(thrown) };
    }
  }
  throw new RollbackError('UNEXPECTED', 'the last attempt neither answered nor failed');
}

/** Whether the same question may be answered later. Prometheus answers 503 when a query takes too long. */
function mayPass({ code, facts }: RollbackError): boolean {
  const status = Number(facts['status'] ?? 0);
  return code === 'UNREACHABLE' || code === 'TIMED_OUT' || status >= 500 || status === 429;
}

async function ask(
  { answerer, span, clock, signal }: FetchOptions,
  question: Question,
  window: Window,
): Promise<Answered> {
  signal.throwIfAborted();
  const { text, stepMs, backMs } = question;
  const grid = gridIn(window, stepMs);
  // What is still to come cannot be asked for, and what is not needed of an unfinished window is not.
  const untilMs = window.toMs <= clock.now() ? lastOf(grid) : Math.min(lastOf(grid), span.toMs);
  if (untilMs < grid.firstMs) return { rows: [], warnings: [] };
  const [fromMs, toMs] = [grid.firstMs - backMs, untilMs - backMs];
  const result = await answerer.queryRange(text, { fromMs, toMs, stepMs }, signal);
  return laidOut(result, { ...grid, firstMs: fromMs });
}

function gaveUp(cause: RollbackError, { fromMs }: Window): RollbackError {
  const message =
    `${cause.message}; gave up at ${new Date(fromMs).toISOString()} after ${pausesMs.length + 1} attempts. ` +
    'What was answered is kept: the same command goes on from there';
  return new RollbackError('UNREACHABLE', message, cause.facts, { cause });
}
