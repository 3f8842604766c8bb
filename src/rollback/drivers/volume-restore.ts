import { messageOf } from '../../domain/errors.ts';
import type { Step, StepFacts } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { restoreOptions, type RestoreOptions } from '../volume/options.ts';
import { copyFor, roomProblem } from '../volume/restore-set.ts';
import { integrityOf, restoreState } from '../volume/restore-state.ts';
import { releaseRestore, restoreVolume, undoRestore } from '../volume/restore.ts';
import { restoringOf, type RestoreParts } from '../volume/restoring.ts';
import { inDoubt, toBeStopped, writerProblems } from '../volume/writers.ts';
import { asShell } from './shell-text.ts';

const noBackups = { ended: 'failed', detail: 'no backups are configured', retryable: false } as const;

/**
 * Brings a Docker volume back from a backup set. The copy is restored and checked beside the content in use; what runs with
 * the volume is stopped, the two are exchanged, and it is started again. The content from before stays until retention.
 *
 * It holds what it has stopped: where containers cannot be started again, letting go of the step tries until they can.
 */
export function volumeRestoreDriver(parts: RestoreParts): Driver<RestoreOptions> {
  return {
    kind: 'volume.restore',
    effect: 'probe',
    risk: 'destructive-data',
    options: restoreOptions,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const options = restoreOptions.parse(step.options);
      const copy = await copyFor(parts.backups, step, options).catch(() => null);
      const stops = await toBeStopped(parts, { ...options, volumes: [options.volume] }, signal);
      const which = options.from === 'incident' ? 'the set of the incident' : (copy?.set.id ?? options.from);
      return {
        identity: `volume ${options.volume} from ${which}`,
        detail: {
          set: copy?.set.id ?? null,
          made: copy?.set.madeAt ?? null,
          stops: stops.map(({ name }) => name),
        },
      };
    },
    preflight: (step, _facts, signal) => problems(parts, step, signal),
    describe: described,
    async apply(step, opId, signal) {
      const work = restoringOf(parts, step, opId, signal);
      try {
        return work === null ? noBackups : await restoreVolume(work);
      } catch (error) {
        // Something may be stopped: only what is in doubt is let go of.
        throw inDoubt(error);
      }
    },
    async probe(_step, opId) {
      const now = await restoreState(parts.records, opId);
      if (now === null || now.phase === 'failed' || now.phase === 'undone') return 'not_done';
      return now.phase === 'done' ? 'done' : 'partial';
    },
    async integrityOf(step, opId) {
      const now = await restoreState(parts.records, opId);
      return now?.phase === 'done' ? integrityOf(restoreOptions.parse(step.options).volume, now) : null;
    },
    async undo(step, opId, signal) {
      const work = restoringOf(parts, step, opId, signal);
      return work === null ? noBackups : undoRestore(work);
    },
    async release(step, opId, signal) {
      const work = restoringOf(parts, step, opId, signal);
      return work === null ? { ended: 'done', detail: 'nothing was stopped' } : releaseRestore(work);
    },
    replaces: (step) => [{ kind: 'volume', name: restoreOptions.parse(step.options).volume }],
    byHand(step) {
      const { volume, from, stop = ['CONTAINER'] } = restoreOptions.parse(step.options);
      const id = from.startsWith('b-') ? from : 'ID';
      return [
        asShell(['docker', 'stop', ...stop]),
        asShell(['rollbackd', 'backup', 'restore', id, '--part', `volume:${volume}`, '--yes']),
        asShell(['docker', 'start', ...stop]),
      ];
    },
  };
}

function described(step: Step, { detail: { set, made, stops } }: StepFacts): string {
  const { volume, from } = restoreOptions.parse(step.options);
  const when = typeof made === 'number' ? ` of ${new Date(made).toISOString().slice(0, 16)}Z` : '';
  const which =
    from === 'incident'
      ? 'the backup set of this incident'
      : `${typeof set === 'string' ? set : from}${when}`;
  const stopped = Array.isArray(stops) && stops.length > 0 ? stops.join(', ') : null;
  const meanwhile =
    stopped === null ? 'nothing runs with it' : `${stopped} is stopped meanwhile and started again`;
  return `bring the volume ${volume} back from ${which}; ${meanwhile}; what is there is kept beside it`;
}

async function problems(
  parts: RestoreParts,
  step: Step,
  signal: AbortSignal,
): Promise<readonly { readonly level: 'refuse'; readonly message: string }[]> {
  const options = restoreOptions.parse(step.options);
  const { volume, from } = options;
  const refuse = (message: string) => ({ level: 'refuse', message }) as const;
  const { backups } = parts;
  if (backups === null) return [refuse('no backups are configured; add backups: to the main file')];
  try {
    const archivist = backups.archivist({ kind: 'volume', name: volume });
    const { problems: found } = await archivist.examine(volume, signal);
    if (found.length > 0) return found.map(refuse);
    const more = [...(await writerProblems(parts, { ...options, volumes: [volume] }, signal))];
    // It is made by a step before this one: there is none yet.
    if (from !== 'incident') {
      const room = await roomProblem(archivist, await copyFor(backups, step, options), signal);
      if (room !== null) more.push(room);
    }
    return more.map(refuse);
  } catch (error) {
    return [refuse(messageOf(error))];
  }
}
