import type { DataIntegrity } from '../domain/data-integrity.ts';
import type { Effect } from '../domain/effect.ts';
import type { Step } from '../domain/plan.ts';
import type { Driver } from '../domain/ports/driver.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import { effectNote } from './effect-words.ts';
import { told, uncounted } from './integrity.ts';

/** What an effect is carried out with. */
export interface Job {
  readonly open: Case;
  readonly effect: Effect;
  readonly step: Step;
  readonly driver: Driver;
}

/** What an effect brought to light. */
export interface Found {
  readonly evidence?: Readonly<Record<string, string>>;
  /** Missing: it was not counted. */
  readonly integrity?: readonly DataIntegrity[];
  /** Why it was not counted, where that is known. */
  readonly uncountedBecause?: string;
}

/** It happened. */
export async function succeed(
  core: Core,
  { open, effect, step, driver }: Job,
  said: string,
  { evidence = {}, integrity, uncountedBecause = 'the step told no counts' }: Found,
): Promise<void> {
  const detail = core.parts.scrub(said);
  const records =
    integrity === undefined ? uncounted(driver, step, uncountedBecause) : told(integrity, core.parts.scrub);
  await core.turn((turn, flow) => {
    turn.effect(open, { ...effect, state: 'done', endedAt: turn.at, detail, integrity: records });
    const facts = {
      ...(Object.keys(evidence).length === 0 ? {} : { evidence }),
      ...(records.length === 0 ? {} : { integrity: records.map((thing) => ({ ...thing })) }),
    };
    turn.note(effectNote('effect.done', { open, effect, step }, detail, facts), open);
    if (effect.purpose === 'apply')
      flow.incident(turn, open, { type: 'progressed', at: turn.at, effect: 'last' });
    flow.rollback(turn, open, { type: 'done', at: turn.at });
  });
  if (step.risk !== 'safe') core.hints.give(step.target.name);
  core.parts.watcher.effectEnded(step.kind, 'done');
}

/** It did not happen, or was put back. */
export async function fail(
  core: Core,
  { open, effect, step }: Job,
  said: string,
  retryable: boolean,
): Promise<void> {
  const detail = core.parts.scrub(said);
  await core.turn((turn, flow) => {
    turn.effect(open, { ...effect, state: 'failed', endedAt: turn.at, detail });
    const repeated = effect.purpose === 'release' && isRepeated(open, effect);
    const type = repeated ? 'effect.failed_again' : 'effect.failed';
    turn.note(effectNote(type, { open, effect, step }, detail), open);
    flow.rollback(turn, open, { type: 'failed', at: turn.at, reason: `${step.kind}: ${detail}`, retryable });
  });
  core.parts.watcher.effectEnded(step.kind, 'failed');
}

/** People are told of the first failure, and reminded; the journal holds all of them. */
function isRepeated({ rollback }: Case, { generation }: Effect): boolean {
  return generation > (rollback?.context.firstGeneration ?? generation);
}

/** Nobody can tell: a person decides. */
export async function doubt(core: Core, { open, effect, step, driver }: Job, said: string): Promise<void> {
  const detail = core.parts.scrub(said);
  const integrity =
    effect.purpose === 'release' ? [] : uncounted(driver, step, 'nobody can tell whether the step happened');
  await core.turn((turn, flow) => {
    turn.effect(open, { ...effect, state: 'unknown', endedAt: turn.at, detail, integrity });
    const records = integrity.length === 0 ? {} : { integrity: integrity.map((thing) => ({ ...thing })) };
    turn.note({ type: 'effect.unknown', message: detail, facts: { opId: effect.opId, ...records } }, open);
    flow.rollback(turn, open, { type: 'inDoubt', at: turn.at, reason: detail });
  });
  core.parts.watcher.effectEnded(step.kind, 'unknown');
}
