import { heldBy } from '../../domain/backup.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { snapshotOptions, type SnapshotOptions } from '../volume/options.ts';
import {
  recipeOf,
  snapshotFindings,
  snapshotStateIn,
  startedAgain,
  takeSnapshot,
  type SnapshotParts,
} from '../volume/snapshot.ts';
import { inDoubt, toBeStopped } from '../volume/writers.ts';
import { asShell } from './shell-text.ts';

/**
 * Copies Docker volumes into a backup set of their own, with what writes to them stopped meanwhile; steps after it that
 * replace them may then run. The set carries the effect's own name, so a repeat finds the one that was made.
 *
 * It holds what it has stopped: where containers cannot be started again, letting go of the step tries until they can.
 */
export function volumeSnapshotDriver(parts: SnapshotParts): Driver<SnapshotOptions> {
  const { backups, records, isDevelopment } = parts;
  return {
    kind: 'volume.snapshot',
    effect: 'probe',
    risk: 'disruptive',
    options: snapshotOptions,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const options = snapshotOptions.parse(step.options);
      const stops =
        options.writers === 'stop' && !isDevelopment() ? await toBeStopped(parts, options, signal) : [];
      return {
        identity: recipeOf(options).name,
        detail: { stops: stops.map(({ name }) => name) },
      };
    },
    preflight: (step, _facts, signal) => snapshotFindings(parts, step, signal),
    describe(step, { detail: { stops } }) {
      const { volumes, stores, writers } = snapshotOptions.parse(step.options);
      const names = volumes.join(', ');
      const too = stores.length === 0 ? '' : ` with the store ${stores.join(', ')}`;
      if (isDevelopment()) return `make no copy of the volume ${names}: this environment skips backups`;
      const stopped = Array.isArray(stops) ? stops.join(', ') : '';
      const how = {
        stop:
          stopped === '' ? '; nothing runs with it' : `; ${stopped} is stopped meanwhile and started again`,
        quiesced: '; what writes there runs on, with its writes held off',
        running: '; what writes there runs on, so the copy may not be consistent',
      } as const;
      return `copy the volume ${names}${too} into a backup set, and read it back${how[writers]}`;
    },
    async apply(step, opId, signal) {
      try {
        return await takeSnapshot(parts, { step, opId, signal });
      } catch (error) {
        // Something may be stopped: only what is in doubt is let go of.
        throw inDoubt(error);
      }
    },
    async probe(_step, opId) {
      if (isDevelopment()) return 'done';
      if (backups === null) return 'unknown';
      const noted = snapshotStateIn(await records.read(opId));
      const isMade = (await backups.madeBy(opId)) !== null;
      if (noted?.phase === 'stopped') return 'partial';
      return isMade ? 'done' : 'not_done';
    },
    async release(_step, opId, signal) {
      const trouble = await startedAgain(parts, opId, signal);
      if (trouble !== null) return { ended: 'failed', detail: trouble, retryable: true };
      return { ended: 'done', detail: 'everything that was stopped for the copy was started again' };
    },
    undoable: () => false,
    backsUp: (step) => heldBy(recipeOf(snapshotOptions.parse(step.options))),
    byHand(step) {
      const { volumes, stop = ['CONTAINER'], writers } = snapshotOptions.parse(step.options);
      const copies = volumes.map((name) => {
        const run = ['docker', 'run', '--rm', '-v', `${name}:/data:ro`, '-v', '/var/backups:/backup'];
        const tar = ['tar', 'czf', `/backup/${name}.tar.gz`, '-C', '/data', '.'];
        return asShell([...run, 'alpine', ...tar]);
      });
      if (writers !== 'stop') return copies;
      return [asShell(['docker', 'stop', ...stop]), ...copies, asShell(['docker', 'start', ...stop])];
    },
  };
}
