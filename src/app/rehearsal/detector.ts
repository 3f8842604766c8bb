import { Detector, type DetectorOptions } from '../../detect/detector.ts';
import type { Evaluation } from '../../domain/ports/detection.ts';

export interface RehearsedOptions extends DetectorOptions {
  /** Rules that breach at their first reading are armed at once. */
  readonly trusting: boolean;
  /** Nothing is read by itself: whoever rehearses hands readings in. */
  readonly fed: boolean;
}

type Evaluated = (evaluation: Evaluation) => Promise<void>;

/** The real detector, with two liberties: it may trust new rules, and may be fed with readings instead of reading. */
export class RehearsedDetector extends Detector {
  readonly #trusting: boolean;
  readonly #fed: boolean;
  #evaluated: Evaluated = () => Promise.resolve();

  constructor({ trusting, fed, ...options }: RehearsedOptions) {
    super(options);
    this.#trusting = trusting;
    this.#fed = fed;
  }

  override async start(evaluated: Evaluated, signal: AbortSignal): Promise<void> {
    this.#evaluated = evaluated;
    if (!this.#fed) return super.start((evaluation) => this.deliver(evaluation), signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => resolve(), { once: true });
    return promise;
  }

  /** Hands an evaluation to whoever listens. */
  deliver(evaluation: Evaluation): Promise<void> {
    return this.#evaluated(this.#trusting ? this.#trusted(evaluation) : evaluation);
  }

  #trusted(evaluation: Evaluation): Evaluation {
    const wary = evaluation.watches.filter(({ armed }) => !armed);
    if (wary.length === 0) return evaluation;
    const armed = new Map(
      wary.flatMap(({ rule, subject }) =>
        this.arm(rule, subject, evaluation.at).watches.map((watch) => [watch.subject, watch]),
      ),
    );
    return {
      ...evaluation,
      watches: evaluation.watches.map((watch) => armed.get(watch.subject) ?? watch),
      changes: evaluation.changes.map((change) => ({ ...change, armed: true })),
    };
  }
}
