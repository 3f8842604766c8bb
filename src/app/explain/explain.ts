import { verdictOf } from '../../detect/judge.ts';
import { explainPromql } from '../../detect/sources/promql-explain.ts';
import type { PromqlSignal } from '../../detect/sources/promql-options.ts';
import { wordLevel } from '../../detect/wording.ts';
import { partsOf } from '../../domain/composition.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { ExplainedLevel, ExplainedQuery, ExplainView } from '../../domain/explanation.ts';
import type { Daemon, LevelView, RuleView } from '../../domain/ports/daemon.ts';
import type { LastRead } from '../../domain/ports/detection.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Level, Rule } from '../../domain/rule.ts';
import type { Subject } from '../../domain/target.ts';
import type { Core } from '../../engine/core.ts';
import { incidentTarget } from '../../engine/levels.ts';
import { whatIf } from '../../engine/what-if.ts';
import { answererOf, isReadable, readingSignal, type Answerers } from './answerers.ts';
import { explainedLevel } from './explained-level.ts';
import { findSubject } from './find-subject.ts';
import { readPast } from './past.ts';

export type { Answerers } from './answerers.ts';

type Request = Parameters<Daemon['explain']>[0];

interface Asked {
  readonly rule: Rule;
  readonly subject: Subject;
}

/** A rule on a subject at an instant, and the reading that shows it. */
interface Seen {
  readonly view: RuleView;
  readonly reading: Reading | null;
  readonly now: Parameters<typeof explainedLevel>[2];
  readonly from: number | null;
}

/** Explains a rule on one of its subjects, now or at an instant in the past. Changes nothing. */
export async function explain(
  core: Core,
  answerers: Answerers,
  request: Request,
  signal: AbortSignal,
): Promise<ExplainView> {
  const { rule, subject } = findSubject(core, request);
  const present = core.parts.clock.now();
  const at = request.at === null || request.at >= present ? null : request.at;
  const seen =
    at === null
      ? await readNow(core, answerers, { rule, subject }, signal)
      : await readThen(core, pastOf(answerers), { rule, subject, at }, signal);
  const { view, reading } = seen;
  return {
    rule: rule.id,
    subject: subject.name,
    summary: rule.summary,
    runbook: rule.runbook,
    source: rule.source.kind,
    at: at ?? present,
    now: at === null,
    from: seen.from,
    readAt: reading?.at ?? null,
    mode: rule.mode,
    armed: view.armed,
    verdict: view.verdict,
    value: reading?.kind === 'value' && Number.isFinite(reading.value) ? reading.value : null,
    detail: view.detail,
    levels: rule.levels.map((level) => ({
      ...explainedLevel({ rule, level, shown: shownIn(view, level) }, reading, seen.now),
      decision: at === null ? decisionOn(core, { rule, level, subject }) : null,
    })),
    queries: await queriesOf(rule, at === null ? answerers : pastOf(answerers), { subject, at, signal }),
  };
}

/** What is remembered, judged by a reading made now where that costs one query, else by the last one. */
async function readNow(
  core: Core,
  answerers: Answerers,
  { rule, subject }: Asked,
  signal: AbortSignal,
): Promise<Seen> {
  const { detection, releases, clock } = core.parts;
  const last = detection.lastRead(rule.id, subject.name) ?? neverRead;
  const reading = isReadable(answerers, rule)
    ? await readAgain(core, answerers, { rule, subject }, signal)
    : last.reading;
  const at = clock.now();
  const onTarget = rule.scope === 'target';
  const deploying = onTarget && releases.deploying(subject.name, at);
  const inGrace = onTarget && last.seesDeploys && releases.inGrace(subject.name, at);
  const remembered =
    detection.views(subject.name).find((candidate) => candidate.rule === rule.id) ?? notYet(rule, subject);
  const verdict = reading === null ? 'not_read' : verdictOf(rule, reading, deploying);
  return {
    view: {
      ...remembered,
      // What never had data is not missing any.
      verdict: verdict === 'no_data' && !last.seen ? 'never_seen' : verdict,
      detail: reading?.detail ?? '',
    },
    reading,
    now: { seen: last.seen, inGrace, deploying },
    from: null,
  };
}

const neverRead: LastRead = { reading: null, seen: false, seesDeploys: false };

async function readAgain(
  core: Core,
  answerers: Answerers,
  { rule, subject }: Asked,
  signal: AbortSignal,
): Promise<Reading | null> {
  const { clock, releases } = core.parts;
  const arrivals = { of: (target: string) => releases.arrival(target) };
  const source = readingSignal(rule, answerers, { now: () => clock.now(), arrivals });
  return (await source?.read([subject], signal))?.get(subject.name) ?? null;
}

async function readThen(
  core: Core,
  answerers: Answerers,
  asked: Asked & { readonly at: number },
  signal: AbortSignal,
): Promise<Seen> {
  const { releases } = core.parts;
  const arrivals = { of: (target: string) => releases.arrival(target) };
  const past = isReadable(answerers, asked.rule)
    ? await readPast(asked, { answerers, arrivals }, signal)
    : null;
  if (past === null) throw notReadable(asked.rule);
  return { ...past, now: { seen: true, inGrace: false, deploying: false } };
}

/** Who answers just now says nothing about the past. */
function pastOf({ prometheus, scrape }: Answerers): Answerers {
  return {
    ...(prometheus === undefined ? {} : { prometheus }),
    ...(scrape === undefined ? {} : { scrape }),
  };
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

function shownIn({ levels }: RuleView, level: Level): LevelView {
  const { severity } = level;
  const quiet = { severity, condition: wordLevel(level), phase: 'clear', since: null, progress: '' } as const;
  return levels.find((shown) => shown.severity === severity) ?? quiet;
}

function decisionOn(
  core: Core,
  { rule, level, subject }: Asked & { readonly level: Level },
): ExplainedLevel['decision'] {
  const target = incidentTarget(core, { rule: rule.id, subject: subject.name });
  return target === null ? null : whatIf(core, { rule, level, target });
}

async function queriesOf(
  rule: Rule,
  answerers: Answerers,
  asked: { readonly subject: Subject; readonly at: number | null; readonly signal: AbortSignal },
): Promise<readonly ExplainedQuery[]> {
  const parts = partsOf(rule);
  const explained = await Promise.all(
    parts.map(async (part, index) => {
      const answerer = answererOf(answerers, part);
      if (answerer === null) return [];
      const queries = await explainPromql(answerer, part.source.options as PromqlSignal, asked);
      return parts.length === 1
        ? queries
        : queries.map((query) => ({ ...query, title: `${index + 1}. ${query.title}` }));
    }),
  );
  return explained.flat();
}

function notReadable(rule: Rule): RollbackError {
  const kinds = partsOf(rule).map(({ source }) => source.kind);
  return new RollbackError(
    'REFUSED',
    `${rule.id} reads ${kinds.join(' and ')}, which has no past that could be read again; only PromQL has. Leave --at out.`,
  );
}
