import { z } from 'zod';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { BackedUp, BackupRecipe } from '../../domain/backup.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Step } from '../../domain/plan.ts';
import { makeSet, type BackupStepParts, type Doing } from '../backup-set.ts';
import { snapshotOptions, type SnapshotOptions } from './options.ts';
import {
  inDoubt,
  startWriters,
  stoppedContainer,
  stopWriters,
  toBeStopped,
  together,
  whyUnhealthy,
  writerProblems,
  type StoppedContainer,
  type WriterParts,
} from './writers.ts';

export interface SnapshotParts extends WriterParts, BackupStepParts {
  readonly records: EffectRecords;
}

const state = z.object({
  /** `stopped`: containers are, or may be · `over`: all were started again. */
  phase: z.enum(['stopped', 'over']),
  containers: z.array(stoppedContainer),
});
export type SnapshotState = z.output<typeof state>;

/** What was noted of an effect; null: it stopped nothing. */
export function snapshotStateIn(record: Json): SnapshotState | null {
  return state.safeParse(record).data ?? null;
}

/** The set that a step makes holds its volumes, and the stores that keep their data in them. */
export function recipeOf({ volumes, stores }: Pick<SnapshotOptions, 'volumes' | 'stores'>): BackupRecipe {
  const name = `volumes ${[...volumes, ...stores].join(' + ')}`;
  return { name, stores, volumes, files: [], repositories: [], containers: [] };
}

/**
 * Stops what writes, copies, and starts it again. Which containers were stopped is noted before the first of them is, so that
 * a repeat, and letting go, find them whatever happened.
 */
export async function takeSnapshot(parts: SnapshotParts, doing: Doing): Promise<EffectOutcome> {
  const { opId, signal } = doing;
  const options = snapshotOptions.parse(doing.step.options);
  let made: EffectOutcome;
  try {
    const stop = (): Promise<void> => stopFor(parts, options, doing);
    const wanted = { recipe: recipeOf(options), smallerOk: options.smaller_ok };
    // A store that is stopped cannot be asked for a copy, so those come first.
    const before = async ({ kind }: BackedUp): Promise<void> => (kind === 'volume' ? stop() : undefined);
    if (options.stores.length === 0) await stop();
    made = await makeSet(parts, options.stores.length === 0 ? wanted : { ...wanted, before }, doing);
  } catch (error) {
    if (!(error instanceof RollbackError)) throw error;
    if (signal.aborted) {
      // What was stopped is not left so while this effect is asked about, or its daemon ends.
      await startedAgain(parts, opId, new AbortController().signal);
      throw inDoubt(error);
    }
    made = { ended: 'failed', detail: error.message, retryable: error.recourse !== 'give-up' };
  }
  const containers = snapshotStateIn(await parts.records.read(opId))?.containers ?? [];
  const stopped = await startedAgain(parts, opId, signal);
  if (stopped !== null) throw new RollbackError('EFFECT_UNKNOWN', `${made.detail}; ${stopped}`);
  if (made.ended === 'failed') return made;
  const unhealthy = await whyUnhealthy(parts, containers, options, signal);
  if (unhealthy !== null)
    return { ended: 'failed', detail: `${made.detail}; but ${unhealthy}`, retryable: false };
  return { ...made, detail: `${made.detail}${meanwhile(containers)}` };
}

/** A repeat whose set is made already stops nothing; several volumes are stopped for together. */
async function stopFor(
  parts: SnapshotParts,
  options: SnapshotOptions,
  { opId, signal }: Doing,
): Promise<void> {
  const { backups, records } = parts;
  if (options.writers !== 'stop' || parts.isDevelopment()) return;
  if (backups === null || (await backups.madeBy(opId)) !== null) return;
  const noted = snapshotStateIn(await records.read(opId));
  const containers = together(
    noted?.phase === 'stopped' ? noted.containers : [],
    await toBeStopped(parts, options, signal),
  );
  await records.write(opId, { phase: 'stopped', containers: [...containers] });
  crashPoint('effect.call.between');
  await stopWriters(parts, containers, options, signal);
}

/**
 * Starts what this effect has stopped; harmless when it runs.
 *
 * @returns why something is still stopped, or null
 */
export async function startedAgain(
  parts: Pick<SnapshotParts, keyof WriterParts | 'records'>,
  opId: string,
  signal: AbortSignal,
): Promise<string | null> {
  const noted = snapshotStateIn(await parts.records.read(opId));
  if (noted === null || noted.phase === 'over') return null;
  const trouble = await startWriters(parts, noted.containers, signal);
  if (trouble !== null) return trouble;
  await parts.records.write(opId, { ...noted, phase: 'over' });
  return null;
}

function meanwhile(stopped: readonly StoppedContainer[]): string {
  const names = stopped.map(({ name }) => name).join(', ');
  if (stopped.length === 0) return '';
  return stopped.length === 1
    ? `; ${names} was stopped meanwhile and runs again`
    : `; ${names} were stopped meanwhile and run again`;
}

/** Why a step with these options cannot be carried out, and what is doubtful about it. */
export async function snapshotFindings(
  parts: SnapshotParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly { readonly level: 'refuse' | 'warn'; readonly message: string }[]> {
  const options = snapshotOptions.parse(step.options);
  const { volumes, writers, stop } = options;
  if (parts.isDevelopment())
    return [
      {
        level: 'warn',
        message: `no copy of ${volumes.join(', ')} is made, since this environment skips backups`,
      },
    ];
  if (parts.backups === null)
    return [{ level: 'refuse', message: 'no backups are configured; add backups: to the main file' }];
  const problems: string[] = [];
  if (writers !== 'stop' && stop !== undefined)
    problems.push(`stop names containers, and writers: ${writers} stops none; leave one of them out`);
  const examined = await parts.backups.examine(recipeOf(options), signal);
  problems.push(...examined.problems);
  try {
    if (writers === 'stop' && examined.problems.length === 0)
      problems.push(...(await writerProblems(parts, options, signal)));
  } catch (error) {
    problems.push(messageOf(error));
  }
  // What runs with a volume is stopped, or held off by the step before.
  const warnings = writers === 'running' ? examined.warnings : [];
  return [
    ...problems.map((message) => ({ level: 'refuse', message }) as const),
    ...warnings.map((message) => ({ level: 'warn', message }) as const),
  ];
}
