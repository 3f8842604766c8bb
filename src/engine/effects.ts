import { crashPoint } from '../domain/crash-point.ts';
import { type Effect, type EffectOutcome, opIdOf } from '../domain/effect.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { Plan, Step } from '../domain/plan.ts';
import { sleep } from '../domain/ports/clock.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import { doubt, fail, type Found, type Job, succeed } from './effect-ends.ts';
import { effectNote } from './effect-words.ts';
import type { Flow } from './flow.ts';
import { askPatiently, mayPass } from './patience.ts';
import { whyLost } from './held.ts';
import { haltedBecause } from './situation.ts';
import type { Turn } from './turn.ts';

/** An effect that was found unfinished this often is handed over. */
const mostRecoveries = 3;
/** How long to wait before letting go is tried again: at first, and at most. */
const releaseRetryMs = { first: 5 * SECOND, most: 5 * MINUTE };

/** Carries out one effect that is due, or finds out what became of it, and reports how it ended. */
export async function carryOut(core: Core, open: Case, opId: string, signal: AbortSignal): Promise<void> {
  const effect = open.effects.get(opId);
  const step = open.incident.context.plan?.steps[effect?.step ?? -1];
  const driver = core.parts.drivers[step?.kind ?? ''];
  if (effect === undefined || step === undefined || driver === undefined) return;
  // What an earlier daemon meant to do is owned by this one from now on, and the store refuses an older epoch.
  const job = { open, effect: { ...effect, epoch: core.parts.store.epoch }, step, driver };
  if (effect.state === 'started') return recover(core, job, signal);
  if (effect.state === 'intent') return begin(core, job, signal);
}

async function begin(core: Core, job: Job, signal: AbortSignal): Promise<void> {
  const { open, effect } = job;
  const retries = effect.generation - (open.rollback?.context.firstGeneration ?? 1);
  if (retries > 0) await sleep(core.parts.clock, pauseMs(effect, retries), signal);
  if (effect.purpose === 'apply') {
    if (await core.turn((turn, flow) => isHalted(turn, flow, job))) return;
    const changed = (await whyLost(core, open, signal)) ?? (await changedFacts(core, job, signal));
    if (signal.aborted) return;
    if (changed !== null) return fail(core, job, changed, false);
  }
  if (signal.aborted) return;
  const started = await core.turn((turn, flow) => starts(turn, flow, job));
  if (started !== null) await call(core, { ...job, effect: started }, signal);
}

/** Letting go is tried until it works, ever more slowly; anything else only a few times. */
function pauseMs({ purpose }: Effect, retries: number): number {
  if (purpose !== 'release') return SECOND;
  return Math.min(releaseRetryMs.first * 2 ** Math.min(retries - 1, 10), releaseRetryMs.most);
}

/** The effect once it is started, or null. A halt is looked for in the turn itself, so that none slips in before the call. */
function starts(turn: Turn, flow: Flow, job: Job): Effect | null {
  const { open, effect } = job;
  // Another level may lead since the turn was asked for, and the incident be judged again.
  if (open.incident.value !== 'rolling_back' || isHalted(turn, flow, job)) return null;
  const started: Effect = { ...effect, state: 'started', startedAt: turn.at };
  turn.effect(open, started);
  turn.note(effectNote('effect.started', job, 'started'), open);
  if (effect.purpose === 'apply')
    flow.incident(turn, open, { type: 'progressed', at: turn.at, effect: 'first' });
  return started;
}

/** While halted the rollback pauses before the effect. What undoes or lets go is not held up. */
function isHalted(turn: Turn, flow: Flow, { open, effect }: Job): boolean {
  const halted = effect.purpose === 'apply' ? haltedBecause(flow.parts, flow.book) : null;
  if (halted === null) return false;
  flow.rollback(turn, open, { type: 'halted', at: turn.at, reason: halted });
  return true;
}

/**
 * Facts are read again right before each disruptive step, unless an earlier one of the plan may have changed them:
 * then it acts on what the plan itself made.
 */
async function changedFacts(
  core: Core,
  { open, step, driver }: Job,
  signal: AbortSignal,
): Promise<string | null> {
  const { plan } = open.incident.context;
  if (plan === null || step.risk === 'safe' || isMadeByPlan(open, plan, step)) return null;
  const read = async () => {
    try {
      return { identity: (await driver.read(step, signal)).identity, error: null };
    } catch (error) {
      return { identity: '', error };
    }
  };
  const { identity, error } = await askPatiently(
    core.parts.clock,
    read,
    (seen) => mayPass(seen.error),
    signal,
  );
  if (error !== null) return `${step.target.name} could not be read before the step: ${messageOf(error)}`;
  if (identity === plan.identities[step.index]) return null;
  return `${step.target.name} changed after the plan was made; nothing was done to it`;
}

/** Families of steps that change what they name, and nothing else. Holding writes off changes no release. */
const bounded: ReadonlySet<string> = new Set(['docker', 'link', 'write']);

/** Steps on containers and links change nothing but those; any other may reach everything, e.g. through a pipeline. */
function isMadeByPlan({ rollback }: Case, { steps }: Plan, step: Step): boolean {
  const done = rollback?.context.done ?? [];
  const family = familyOf(step);
  return steps.some((earlier) => {
    if (!done.includes(earlier.index) || earlier.risk === 'safe') return false;
    return familyOf(earlier) === family || !bounded.has(familyOf(earlier));
  });
}

/** What a step acts on: the first half of its word, e.g. `docker.restart`. */
function familyOf({ kind }: Step): string {
  return kind.split('.')[0] ?? kind;
}

async function call(core: Core, job: Job, signal: AbortSignal): Promise<void> {
  crashPoint('effect.call.before');
  let outcome: EffectOutcome;
  const deadline = withDeadline(core, job.step.deadlineMs, signal);
  try {
    outcome = await perform(core, job, deadline.signal);
  } catch (error) {
    return await settleDoubt(core, job, error, signal);
  } finally {
    deadline.cancel();
  }
  crashPoint('effect.call.after');
  if (outcome.ended === 'failed') return fail(core, job, outcome.detail, outcome.retryable);
  await succeed(core, job, outcome.detail, outcome);
}

async function perform(
  { renewals }: Core,
  { open, effect, step, driver }: Job,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const applied = appliedOpId(open, effect);
  switch (effect.purpose) {
    case 'apply':
      return driver.apply(step, effect.opId, signal);
    case 'undo':
      crashPoint('undo.before');
      return driver.undo?.(step, applied, signal) ?? nothingToDo();
    case 'release':
      crashPoint('release.before');
      // A renewal that is still on its way would hold it again.
      await renewals.get(effect.incident);
      return driver.release?.(step, applied, signal) ?? nothingToDo();
  }
}

function nothingToDo(): Promise<EffectOutcome> {
  return Promise.resolve({ ended: 'done', detail: 'nothing to do' });
}

/** The call neither succeeded nor failed. The target is asked; what cannot be known goes to a person. */
async function settleDoubt(core: Core, job: Job, error: unknown, signal: AbortSignal): Promise<void> {
  if (error instanceof RollbackError && error.recourse !== 'reconcile')
    return fail(core, job, error.message, error.recourse === 'retry');
  const counted = { ...job.effect, recoveries: job.effect.recoveries + 1 };
  await core.turn((turn) => turn.effect(job.open, counted));
  await resolveByProbe(core, { ...job, effect: counted }, messageOf(error), signal);
}

/**
 * Recovery is the same path as start: an orphan child first, then the target is asked.
 *
 * It is counted before anything is done, so that what kills the daemon each time is not tried for ever.
 */
async function recover(core: Core, job: Job, signal: AbortSignal): Promise<void> {
  const { open, effect, step } = job;
  const counted = { ...effect, recoveries: effect.recoveries + 1, epoch: core.parts.store.epoch };
  await core.turn((turn) => {
    turn.effect(open, counted);
    turn.note(
      {
        type: 'effect.found',
        message: `${step.kind} was started before the daemon stopped; asking the target`,
        facts: { opId: effect.opId, recoveries: counted.recoveries },
      },
      open,
    );
  });
  const recovered = { ...job, effect: counted };
  const still = await survivors(core, job, signal).catch(
    (error: unknown) => `${step.kind}: nobody can tell whether its process still runs: ${messageOf(error)}`,
  );
  if (still !== null) return doubt(core, recovered, still);
  if (counted.recoveries > mostRecoveries) return doubt(core, recovered, unending(recovered));
  await resolveByProbe(core, recovered, 'the daemon stopped during the step', signal);
}

/** Waits for children that the last daemon left running; why one cannot be waited for any longer, or null. */
async function survivors(
  core: Core,
  { open, effect, step }: Job,
  signal: AbortSignal,
): Promise<string | null> {
  // An undo's child carries the id of what it undoes.
  for (const opId of new Set([effect.opId, appliedOpId(open, effect)])) {
    for (const orphan of await core.parts.orphans.find(opId)) {
      if (await core.parts.orphans.wait(orphan, step.deadlineMs, signal)) continue;
      return `${step.kind}: its process ${orphan.pid} (${orphan.program}) still runs`;
    }
  }
  return null;
}

async function resolveByProbe(core: Core, job: Job, cause: string, signal: AbortSignal): Promise<void> {
  const { effect, step, driver } = job;
  if (effect.purpose === 'release') return call(core, job, signal);
  const answer = effect.effect === 'blind' ? 'unknown' : await ask(core, job, signal);
  const happened = effect.purpose === 'apply' ? answer : opposite(answer);
  switch (happened) {
    case 'done':
      return succeed(core, job, `${cause}; ${driver.kind} says it is done`, await noted(job));
    case 'partial':
    case 'not_done':
      return signal.aborted ? undefined : again(core, job, signal);
    case 'unknown':
      return doubt(core, job, `${step.kind}: ${cause}, and the target cannot tell whether it happened`);
  }
}

/** What a step that was cut off had counted, where its driver has kept a note of it. */
async function noted({ effect, step, driver }: Job): Promise<Found> {
  const uncountedBecause = 'what the step counted was lost when it was cut off';
  if (effect.purpose !== 'apply') return { uncountedBecause };
  // It happened; that its counts cannot be read changes nothing about that.
  const integrity = (await driver.integrityOf?.(step, effect.opId).catch(() => null)) ?? null;
  return integrity === null ? { uncountedBecause } : { integrity };
}

/** The same `op_id` once more, a bounded number of times, and not while halted. */
async function again(core: Core, job: Job, signal: AbortSignal): Promise<void> {
  if (job.effect.recoveries >= mostRecoveries) return doubt(core, job, unending(job));
  if (await core.turn((turn, flow) => isHalted(turn, flow, job))) return;
  await call(core, job, signal);
}

function unending({ step }: Job): string {
  return `${step.kind} did not come to an end, ${mostRecoveries} times over`;
}

async function ask(
  core: Core,
  { open, effect, step, driver }: Job,
  signal: AbortSignal,
): Promise<'done' | 'partial' | 'not_done' | 'unknown'> {
  const deadline = withDeadline(core, step.deadlineMs, signal);
  for (let waitMs = SECOND; !deadline.signal.aborted; waitMs = Math.min(waitMs * 2, 15 * SECOND)) {
    try {
      const answer = await driver.probe(step, appliedOpId(open, effect), deadline.signal);
      deadline.cancel();
      return answer;
    } catch {
      // The target cannot be asked now, e.g. its engine restarts: asked again until the step's deadline.
      await sleep(core.parts.clock, waitMs, deadline.signal);
    }
  }
  return 'unknown';
}

/** An undo is done when what it undoes is no longer there. */
function opposite(answer: 'done' | 'partial' | 'not_done' | 'unknown'): typeof answer {
  return answer === 'not_done' ? 'done' : answer === 'done' ? 'not_done' : answer;
}

/** The `op_id` under which the step itself was carried out: what undo and release speak of. */
function appliedOpId(open: Case, effect: Effect): string {
  if (effect.purpose === 'apply') return effect.opId;
  const [incident = '', planDigest = ''] = effect.opId.split('/');
  const generation = open.rollback?.context.generations[effect.step] ?? effect.generation;
  return opIdOf({ incident, planDigest, step: effect.step, purpose: 'apply', generation });
}

function withDeadline(
  core: Core,
  ms: number,
  signal: AbortSignal,
): { readonly signal: AbortSignal; cancel(): void } {
  const deadline = new AbortController();
  const cancel = core.parts.clock.after(ms, () =>
    deadline.abort(new RollbackError('TIMED_OUT', `no end within ${ms} ms`)),
  );
  return { signal: AbortSignal.any([signal, deadline.signal]), cancel };
}
