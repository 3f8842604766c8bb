import { explainPromql } from '../../detect/sources/promql-explain.ts';
import { promqlSource } from '../../detect/sources/promql.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import type { Signal } from '../../detect/signal.ts';
import { signalOf } from '../../detect/wire.ts';
import { partsOf } from '../../domain/composition.ts';
import { breaches } from '../../domain/condition.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { ExplainedLevel, ExplainedQuery, ExplainView } from '../../domain/explanation.ts';
import type { Answerer } from '../../domain/ports/answerer.ts';
import type { Arrivals } from '../../domain/ports/arrivals.ts';
import type { Daemon, LevelView, RuleView } from '../../domain/ports/daemon.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Level, Rule } from '../../domain/rule.ts';
import type { Subject } from '../../domain/target.ts';
import type { Core } from '../../engine/core.ts';
import { whatIf } from '../../engine/what-if.ts';
import { distanceTo } from './distance.ts';
import { findSubject } from './find-subject.ts';
import { readPast } from './past.ts';
import { pinnedAnswerer } from './pinned-answerer.ts';

/** Who answers the PromQL of rules, by the word in YAML. */
export type Answerers = Readonly<Partial<Record<'prometheus' | 'scrape', Answerer>>>;

type Request = Parameters<Daemon['explain']>[0];

/** Explains a rule on one of its subjects, now or at an instant in the past. Changes nothing. */
export async function explain(
  core: Core,
  answerers: Answerers,
  request: Request,
  signal: AbortSignal,
): Promise<ExplainView> {
  const { rule, subject } = findSubject(core, request);
  const now = core.parts.clock.now();
  const at = request.at === null || request.at >= now ? null : request.at;
  const readable = partsOf(rule).every(({ source }) => answererOf(answerers, source.kind) !== null);
  if (at !== null && !readable) throw notReadable(rule);
  const seen =
    at === null
      ? await present(core, { rule, subject, now }, readable ? answerers : null, signal)
      : await readPast({ rule, subject, at }, (then) => signalAt(core, rule, answerers, then), signal);
  const { view, reading } = seen;
  return {
    rule: rule.id,
    subject: subject.name,
    summary: rule.summary,
    runbook: rule.runbook,
    source: rule.source.kind,
    at: at ?? now,
    now: at === null,
    mode: rule.mode,
    armed: view.armed,
    verdict: view.verdict,
    value: reading?.kind === 'value' && Number.isFinite(reading.value) ? reading.value : null,
    detail: view.detail,
    levels: rule.levels.map((level) => {
      const decision = at === null ? decisionOn(core, { rule, level, subject }) : null;
      return { ...explainedLevel(level, view, reading), decision };
    }),
    queries: await queriesOf(rule, answerers, { subject, at, signal }),
  };
}

interface Seen {
  readonly view: RuleView;
  readonly reading: Reading | null;
}

/** What is remembered, with a reading made now where that costs one query. */
async function present(
  core: Core,
  { rule, subject, now }: { readonly rule: Rule; readonly subject: Subject; readonly now: number },
  answerers: Answerers | null,
  signal: AbortSignal,
): Promise<Seen> {
  const view =
    core.parts.detection.views(subject.name).find((candidate) => candidate.rule === rule.id) ??
    notYet(rule, subject);
  if (answerers === null) return { view, reading: null };
  const readings = await signalAt(core, rule, answerers, now).read([subject], signal);
  const reading = readings.get(subject.name) ?? null;
  return { view: reading === null ? view : { ...view, detail: reading.detail }, reading };
}

function notYet(rule: Rule, subject: Subject): RuleView {
  return {
    rule: rule.id,
    subject: subject.name,
    summary: rule.summary,
    verdict: 'not_read',
    detail: '',
    readAt: null,
    armed: true,
    silenced: false,
    mode: rule.mode,
    levels: [],
  };
}

/** What a rule of PromQL reads through at an instant. */
function signalAt({ parts }: Core, rule: Rule, answerers: Answerers, at: number): Signal {
  const clock = { now: () => at, wall: () => at, after: () => () => {} };
  const arrivals: Arrivals = {
    of: (target) => {
      const arrival = parts.releases.arrival(target);
      return arrival === null || arrival.since > at ? null : arrival;
    },
  };
  const source = (kind: 'prometheus' | 'scrape', answerer: Answerer | undefined) =>
    answerer === undefined
      ? {}
      : { [kind]: promqlSource({ kind, answerer: pinnedAnswerer(answerer, at), clock, arrivals }) };
  const sources = { ...source('prometheus', answerers.prometheus), ...source('scrape', answerers.scrape) };
  const made = signalOf(rule, sources);
  if (made === null) throw notReadable(rule);
  return made;
}

function explainedLevel(
  level: Level,
  view: RuleView,
  reading: Reading | null,
): Omit<ExplainedLevel, 'decision'> {
  const shown = view.levels.find(({ severity }) => severity === level.severity) ?? quiet(level);
  return { ...shown, breaches: breachesNow(level, view, reading), distance: distanceTo(level, reading) };
}

function quiet({ severity }: Level): LevelView {
  return { severity, condition: '', phase: 'clear', since: null, progress: '' };
}

/** Without a reading of our own, only what the rule as a whole said is known. */
function breachesNow({ condition }: Level, { verdict }: RuleView, reading: Reading | null): boolean | null {
  if (reading === null) return verdict === 'ok' ? false : null;
  if (reading.kind === 'unknown') return null;
  const answer = breaches(condition, reading);
  return typeof answer === 'boolean' ? answer : null;
}

function decisionOn(
  core: Core,
  { rule, level, subject }: { readonly rule: Rule; readonly level: Level; readonly subject: Subject },
): ExplainedLevel['decision'] {
  return subject.target === null ? null : whatIf(core, { rule, level, target: subject.name });
}

async function queriesOf(
  rule: Rule,
  answerers: Answerers,
  asked: { readonly subject: Subject; readonly at: number | null; readonly signal: AbortSignal },
): Promise<readonly ExplainedQuery[]> {
  const parts = partsOf(rule);
  const explained = await Promise.all(
    parts.map(async ({ source }, index) => {
      const answerer = answererOf(answerers, source.kind);
      if (answerer === null) return [];
      const queries = await explainPromql(answerer, source.options as PromqlSignal, asked);
      return parts.length === 1
        ? queries
        : queries.map((query) => ({ ...query, title: `${index + 1}. ${query.title}` }));
    }),
  );
  return explained.flat();
}

function answererOf(answerers: Answerers, kind: string): Answerer | null {
  return kind === 'prometheus' || kind === 'scrape' ? (answerers[kind] ?? null) : null;
}

function notReadable(rule: Rule): RollbackError {
  const kinds = partsOf(rule).map(({ source }) => source.kind);
  return new RollbackError(
    'REFUSED',
    `${rule.id} reads ${kinds.join(' and ')}, which has no past that could be read again; only PromQL has. Leave --at out.`,
  );
}
