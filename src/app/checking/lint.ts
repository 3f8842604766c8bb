import { httpClient } from '../../clients/http.ts';
import { prometheusMetricTypes } from '../../clients/prometheus-metadata.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { Finding } from '../../domain/finding.ts';
import { formatDuration } from '../../domain/time.ts';
import { assumedScrapeMs, findOffline, prepareLint, report, type LintInput } from '../../lint/lint.ts';
import { findOnline, onlineCodes } from '../../lint/online/online.ts';
import { checks } from '../../lint/registry.ts';
import type { Lint } from '../../lint/check.ts';
import { silenceCodes } from '../../lint/apply-silences.ts';
import { connect, type Surroundings } from '../connections.ts';

/** How a live Prometheus is asked. */
export interface OnlineWish {
  readonly signal: AbortSignal;
  /** Called after each answer. */
  readonly onAnswer: (answered: number) => void;
}

/** What the linter says. */
export interface Linted {
  readonly findings: readonly Finding[];
  /** How many more are silenced by comments. */
  readonly silenced: number;
  /** What was not known, and taken for granted. */
  readonly assumptions: readonly string[];
}

/**
 * Looks for what is doubtful about a valid configuration.
 *
 * @param online asks the configured Prometheus, too; null asks nobody
 * @throws RollbackError `USAGE` when a Prometheus shall be asked and none is configured
 */
export async function lintConfiguration(
  input: LintInput,
  surroundings: Surroundings,
  online: OnlineWish | null,
): Promise<Linted> {
  const { clock } = surroundings;
  const lint = prepareLint(input);
  const asked = online === null ? [] : await askPrometheus(lint, surroundings, online);
  const { findings, silenced } = report(lint, [...findOffline(lint), ...asked], {
    today: new Date(clock.wall()).toISOString().slice(0, 10),
    explained: online === null ? checks : { ...checks, ...onlineCodes },
    known: new Set([...Object.keys(checks), ...Object.keys(onlineCodes), ...Object.keys(silenceCodes)]),
  });
  return { findings, silenced, assumptions: assumptionsOf(input, lint) };
}

async function askPrometheus(lint: Lint, surroundings: Surroundings, { signal, onAnswer }: OnlineWish) {
  const { prometheus } = lint.configuration;
  if (prometheus === null || lint.main === null)
    throw new RollbackError(
      'USAGE',
      'check: --online asks the Prometheus of the main file, and there is none; state prometheus: { url: … }',
    );
  const http = httpClient(surroundings);
  const { hits } = await findOnline(lint, {
    answerer: connect(lint.configuration, surroundings).prometheus,
    types: prometheusMetricTypes({ http, ...prometheus }),
    signal,
    onAnswer,
    now: surroundings.clock.wall(),
  });
  return hits;
}

function assumptionsOf({ main, configuration }: LintInput, { signals }: Lint): readonly string[] {
  const every = formatDuration(assumedScrapeMs);
  if (main !== null)
    return signals.some(({ kind }) => kind === 'prometheus') ? [`Prometheus scrapes every ${every}`] : [];
  const labels = Object.values(configuration.targets).flatMap((target) => Object.keys(target.labels));
  const bear = `the label${labels.length === 1 ? '' : 's'} ${labels.join(', ')}`;
  return [
    ...(signals.length > 0 ? [`a sample comes every ${every}`] : []),
    `targets bear ${bear}, and have all that the first playbook of the pack needs`,
  ];
}
