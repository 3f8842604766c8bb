import type { Check, Phase } from '../domain/playbook.ts';
import { sleep, type Clock } from '../domain/ports/clock.ts';
import type { CheckResult, PhaseResult, Verifier } from '../domain/ports/verifier.ts';
import type { Target } from '../domain/target.ts';
import { render } from '../domain/template.ts';
import { SECOND } from '../domain/time.ts';
import { ask, type Means, type Seen } from './ask.ts';

/** From the end of one round to the beginning of the next. */
const everyMs = SECOND;
/** What a phase has at least, when its time went by while the daemon was down. */
const leastMs = 10 * SECOND;

export interface VerifierOptions extends Means {
  readonly clock: Clock;
}

/** How far one check has come. */
interface Progress {
  readonly check: Check;
  tries: number;
  /** The last look that saw something. */
  known: Seen | null;
  /** Why the last look saw nothing. */
  blind: string;
}

/**
 * Asks the checks of a phase, in order, again and again, until each has passed once or time is over.
 *
 * A check that failed and then could not be seen has failed. One that was never seen to fail leaves the phase
 * inconclusive; one that does not apply counts neither way, but at least one must pass.
 */
export function verifier(options: VerifierOptions): Verifier {
  return {
    async run(phase, scope, deadlineAt, signal) {
      const { clock } = options;
      const now = clock.now();
      const restMs = Math.max(deadlineAt - now, Math.min(leastMs, phase.withinMs));
      const over = new AbortController();
      const cancel = clock.after(restMs, () => over.abort());
      try {
        return await rounds(
          options,
          render(phase, scope),
          scope.target,
          AbortSignal.any([signal, over.signal]),
        );
      } finally {
        cancel();
      }
    },
  };
}

async function rounds(
  options: VerifierOptions,
  phase: Phase,
  target: Target | null,
  signal: AbortSignal,
): Promise<PhaseResult> {
  const progress = phase.checks.map((check): Progress => ({
    check,
    tries: 0,
    known: null,
    blind: 'was not asked in time',
  }));
  while (!signal.aborted) {
    for (const one of progress.filter((each) => !isSettled(each)))
      await tryOnce(options, one, target, signal);
    if (progress.every(isSettled)) break;
    await sleep(options.clock, everyMs, signal);
  }
  return resultOf(phase, progress);
}

function isSettled({ known }: Progress): boolean {
  return known?.saw === 'passed' || known?.saw === 'inapplicable';
}

async function tryOnce(
  options: VerifierOptions,
  one: Progress,
  target: Target | null,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  one.tries += 1;
  const seen = await untilAborted(ask(options, one.check, target, signal), signal);
  if (seen.saw === 'unknown') one.blind = seen.detail;
  else one.known = seen;
}

/** A check that does not listen to the signal must not hold up the verdict. */
async function untilAborted(asking: Promise<Seen>, signal: AbortSignal): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const abort = (): void => resolve({ saw: 'unknown', detail: 'had not answered when time was over' });
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([asking, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function resultOf({ name }: Phase, progress: readonly Progress[]): PhaseResult {
  const passed = progress.every(isSettled) && progress.some(({ known }) => known?.saw === 'passed');
  const failed = progress.some(({ known }) => known?.saw === 'failed');
  return { phase: name, passed, inconclusive: !passed && !failed, checks: progress.map(resultOfCheck) };
}

function resultOfCheck(one: Progress): CheckResult {
  const { check, tries, known, blind } = one;
  return { check: check.name, passed: isSettled(one), detail: known?.detail ?? blind, tries };
}
