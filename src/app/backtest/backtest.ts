import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { keyOf, type Question } from '../../backtest/answered.ts';
import { diskCache, noCache } from '../../backtest/cache.ts';
import { fetched } from '../../backtest/fetching.ts';
import type { History } from '../../backtest/history.ts';
import { recorded, recording, recordingHead } from '../../backtest/recording.ts';
import type { IncidentReport, Report } from '../../backtest/report.ts';
import { scoreOf, type Labels, type Score } from '../../backtest/score.ts';
import type { Span } from '../../backtest/span.ts';
import { httpClient } from '../../clients/http.ts';
import { prometheusAnswerer } from '../../clients/prometheus.ts';
import { formatProblems } from '../../config/format-problems.ts';
import type { Configuration } from '../../domain/configuration.ts';
import { RollbackError } from '../../domain/errors.ts';
import { DAY, formatDuration, MINUTE } from '../../domain/time.ts';
import type { Surroundings } from '../connections.ts';
import { load } from '../load.ts';
import { loadPack } from '../rehearsal/pack.ts';
import { knownDeploys, type DeploySources } from './known-deploys.ts';
import { sortRules } from './questions.ts';
import { replay } from './replay.ts';
import { coarseRules, sceneOf } from './scene.ts';

/** What people ask for. */
export interface BacktestRequest extends Surroundings {
  /** A main file, or the folder of a pack. */
  readonly path: string;
  /** Epoch ms; null: a month before the end, or what the recording covers. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly stepMs: number | null;
  /** Names or ids; empty: all. */
  readonly rules: readonly string[];
  readonly targets: readonly string[];
  /** Instead of the configured Prometheus. */
  readonly prometheus: string | null;
  /** Directory; null: nothing is kept. */
  readonly cache: string | null;
  /** A recording to read instead of asking. */
  readonly history: string | null;
  /** A file to write what was read to. */
  readonly record: string | null;
  readonly deploys: DeploySources;
  readonly withinMs: number;
  readonly approveAfterMs: number | null;
  readonly asConfigured: boolean;
  readonly signal: AbortSignal;
  /** Hears of every answer of the past. */
  readonly progress: (done: number, all: number) => void;
}

/** Older answers of Prometheus take longer than the daemon would wait for the present. */
const rangeTimeoutMs = 2 * MINUTE;

/**
 * What the rules would have made of the past.
 *
 * @throws RollbackError for what makes the whole of it impossible; a rule that cannot be replayed is told in the report
 */
export async function backtest(request: BacktestRequest): Promise<Report> {
  const configuration = narrowed(await configurationOf(request), request);
  const span = await spanOf(request);
  const deploys = (await knownDeploys(request.deploys, configuration, request)).filter(
    ({ at }) => at <= span.toMs,
  );
  const scene = sceneOf({ configuration, span, deploys, asConfigured: request.asConfigured });
  const { replayed, unreplayed } = sortRules(scene.configuration);
  const seen = deploys.filter(({ at }) => at >= span.fromMs);
  const labels = seen.some(({ bad }) => bad === true) ? { deploys: seen, withinMs: request.withinMs } : null;
  const questions = uniqueQuestions(replayed.flatMap((one) => one.questions));
  const { tracks, incidents, dropped } = await replay({
    scene,
    replayed,
    history: historyOf(request, { configuration, span, questions }),
    span,
    labels,
    approveAfterMs: request.approveAfterMs,
    signal: request.signal,
  });
  const coarse = coarseRules(configuration, span);
  return {
    ...span,
    environment: configuration.environment,
    assumptions: [...scene.assumptions, ...(coarse === null ? [] : [coarse])],
    notReplayed: [...unreplayed.map(({ rule, reason }) => ({ rule: rule.id, reason })), ...dropped],
    deploys: seen,
    withinMs: request.withinMs,
    tracks,
    incidents,
    score: labels === null ? {} : scoresOf(incidents, Object.keys(configuration.targets), labels),
  };
}

async function configurationOf(request: BacktestRequest): Promise<Configuration> {
  const { path, targets, clock, environment } = request;
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
  const names = targets.length > 0 ? targets : [basename(resolve(path))];
  const loaded = isFolder
    ? await loadPack({
        folder: path,
        targets: Object.fromEntries(names.map((name) => [name, {}])),
        mode: 'auto',
        clock,
        environment,
      })
    : await load(path, { clock, environment });
  if (loaded.ok) return loaded.configuration;
  throw new RollbackError('CONFIG_INVALID', `${path} cannot be used\n${formatProblems(loaded.problems)}`);
}

function narrowed(configuration: Configuration, { rules, targets }: BacktestRequest): Configuration {
  const wanted = configuration.rules.filter(
    ({ id, name }) => rules.length === 0 || rules.includes(id) || rules.includes(name),
  );
  const missing = rules.find((rule) => !wanted.some(({ id, name }) => id === rule || name === rule));
  if (missing !== undefined)
    throw new RollbackError('USAGE', `--rule: there is no rule ${missing}; rollbackd check lists them`);
  const strange = targets.find((name) => configuration.targets[name] === undefined);
  if (strange !== undefined)
    throw new RollbackError(
      'USAGE',
      `--target: there is no target ${strange}; there are ${Object.keys(configuration.targets).join(', ')}`,
    );
  const kept = Object.entries(configuration.targets).filter(
    ([name]) => targets.length === 0 || targets.includes(name),
  );
  return { ...configuration, rules: wanted, targets: Object.fromEntries(kept) };
}

/** Both ends lie on the grid, so that every rule has a slot at each of them. */
async function spanOf({ fromMs, toMs, stepMs, history, clock }: BacktestRequest): Promise<Span> {
  const head = history === null ? null : await recordingHead(history);
  const step = stepMs ?? head?.stepMs ?? MINUTE;
  const to = Math.min(toMs ?? head?.toMs ?? clock.now(), head?.toMs ?? Infinity);
  const from = Math.max(fromMs ?? head?.fromMs ?? to - 30 * DAY, head?.fromMs ?? 0);
  const span = { fromMs: Math.ceil(from / step) * step, toMs: Math.floor(to / step) * step, stepMs: step };
  if (span.fromMs >= span.toMs)
    throw new RollbackError(
      'USAGE',
      `there is nothing to look at from ${new Date(from).toISOString()} to ${new Date(to).toISOString()} at steps of ${formatDuration(step)}`,
    );
  if (head !== null && head.stepMs !== step)
    throw new RollbackError(
      'USAGE',
      `--step: ${history} was recorded at ${formatDuration(head.stepMs)}, and cannot be read at ${formatDuration(step)}`,
    );
  return span;
}

function historyOf(
  request: BacktestRequest,
  {
    configuration,
    span,
    questions,
  }: { readonly configuration: Configuration; readonly span: Span; readonly questions: readonly Question[] },
): History {
  const { clock, signal, progress, cache, record } = request;
  const history =
    request.history === null
      ? fetched({ ...answering(request, configuration, cache), clock, signal, span, questions, progress })
      : recording(request.history);
  return record === null ? history : recorded(history, { path: record, span, questions });
}

function answering(
  { prometheus, clock }: BacktestRequest,
  configuration: Configuration,
  cache: string | null,
) {
  const url = prometheus ?? configuration.prometheus?.url ?? null;
  if (url === null || new URL(url).hostname.endsWith('.invalid'))
    throw new RollbackError(
      'USAGE',
      'no Prometheus is configured; --prometheus URL names one, --history FILE reads a recording',
    );
  const answerer = prometheusAnswerer({
    http: httpClient({ clock }),
    url,
    // Those of another Prometheus are nobody's business there.
    headers: prometheus === null ? (configuration.prometheus?.headers ?? {}) : {},
    timeoutMs: Math.max(rangeTimeoutMs, configuration.prometheus?.timeoutMs ?? 0),
  });
  return { answerer, cache: cache === null ? noCache : diskCache(cache, url) };
}

function uniqueQuestions(questions: readonly Question[]): readonly Question[] {
  return [...new Map(questions.map((question) => [keyOf(question), question])).values()];
}

function scoresOf(
  incidents: readonly IncidentReport[],
  targets: readonly string[],
  labels: Labels,
): Readonly<Record<string, Score>> {
  const scores: Record<string, Score> = {};
  for (const name of targets) {
    const acted = incidents.filter(({ target, rollbackAt }) => target === name && rollbackAt !== null);
    const score = scoreOf(
      acted.map(({ rollbackAt }) => rollbackAt ?? 0),
      name,
      labels,
    );
    if (score !== null) scores[name] = score;
  }
  return scores;
}
