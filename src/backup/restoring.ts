import { differenceOf, type BackupPart, type BackupSet } from '../domain/backup.ts';
import { crashPoint } from '../domain/crash-point.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import type { BackupProgress } from '../domain/ports/backups.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { OwnBackups } from './backups.ts';
import type { Restoration, Restorations } from './restores.ts';

/** What restoring works with. */
export interface RestoringParts {
  readonly backups: OwnBackups;
  readonly restorations: Restorations;
  readonly clock: Clock;
  readonly chance: () => string;
}

interface Restoring {
  readonly set: BackupSet;
  readonly parts: readonly BackupPart[];
  readonly progress: BackupProgress;
  readonly signal: AbortSignal;
}

/**
 * Restores parts of a set: all of them beside what is in use, counted against the manifest; only then is each switched
 * to. What was in use before stays until retention.
 *
 * @returns one line for each: where it is, and where the old one is
 * @throws RollbackError, with everything that was in use before still in use unless the message names what is not
 */
export async function restore(work: RestoringParts, restoring: Restoring): Promise<readonly string[]> {
  const { backups, restorations, clock, chance } = work;
  const { set, parts, signal } = restoring;
  for (const part of parts) {
    const why = await backups.archivist(part).whyNotHere(part.name, part.facts, signal);
    if (why !== null) throw new RollbackError('REFUSED', `nothing was restored: ${part.name}: ${why}`);
  }
  const mark = `${set.id.slice(2)}-${chance()}`;
  const begun: Restoration[] = parts.map(({ kind, name }, number) => {
    const id = `${mark}-${number + 1}`;
    return { id, set: set.id, kind, name, scratch: id, keepAs: id, phase: 'beside', at: clock.wall() };
  });
  try {
    for (const [index, restoration] of begun.entries())
      await beside(work, restoring, restoration, parts[index] as BackupPart);
  } catch (error) {
    for (const restoration of begun) await undo(work, restoration);
    throw error;
  }
  const done: string[] = [];
  for (const restoration of begun) {
    const { kind, name, scratch, keepAs } = restoration;
    await restorations.write({ ...restoration, phase: 'switching' });
    crashPoint('effect.call.between');
    try {
      await backups.archivist({ kind, name }).switchTo(name, scratch, keepAs, signal);
    } catch (error) {
      const before = done.length === 0 ? '' : `; already switched to: ${done.join('; ')}`;
      throw new RollbackError(
        'EFFECT_UNKNOWN',
        `${name}: ${messageOf(error)}${before}`,
        {},
        { cause: error },
      );
    }
    crashPoint('effect.call.between');
    await restorations.write({ ...restoration, phase: 'kept' });
    done.push(`${name} is as in ${set.id}; what was there before is kept as ${keepAs}`);
  }
  return done;
}

async function beside(
  { backups, restorations }: RestoringParts,
  { set, progress, signal }: Restoring,
  restoration: Restoration,
  part: BackupPart,
): Promise<void> {
  await restorations.write(restoration);
  crashPoint('effect.call.between');
  const { name, plainBytes: of } = part;
  const source = await backups.openHeard(set, part, (bytes) => progress({ name, bytes, of }), signal);
  const counted = await backups.archivist(part).restoreBeside(part.name, source, restoration.scratch, signal);
  const difference = differenceOf(part, counted);
  if (difference !== null) throw new RollbackError('BACKUP_INVALID', `nothing was restored: ${difference}`);
}

async function undo({ backups, restorations }: RestoringParts, restoration: Restoration): Promise<void> {
  const { kind, name, scratch, id } = restoration;
  await backups.archivist({ kind, name }).drop(name, scratch, new AbortController().signal);
  await restorations.forget(id);
}

/**
 * Finishes at a start what a daemon that died had begun: what was only beside goes, what was being switched to is
 * switched to.
 *
 * @returns one line for each, for the journal
 */
export async function settle(work: RestoringParts, signal: AbortSignal): Promise<readonly string[]> {
  const { backups, restorations, clock } = work;
  const told: string[] = [];
  for (const restoration of await restorations.all()) {
    const { kind, name, scratch, keepAs, phase } = restoration;
    if (phase === 'kept') continue;
    const archivist = backups.archivist({ kind, name });
    const stands = phase === 'beside' ? 'not_done' : await archivist.switched(name, scratch, keepAs, signal);
    if (stands === 'not_done') {
      await undo(work, restoration);
      told.push(`restoring ${name} was interrupted; nothing of it was put to use`);
      continue;
    }
    if (stands === 'partial') await archivist.switchTo(name, scratch, keepAs, signal);
    await restorations.write({ ...restoration, phase: 'kept', at: clock.wall() });
    told.push(`restoring ${name} was interrupted and is finished now; the old one is kept as ${keepAs}`);
  }
  return told;
}

/** Removes what was in use before a restoration, once it was kept long enough. @returns names of what went */
export async function dropKept(
  { backups, restorations, clock }: RestoringParts,
  keepMs: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const { id, kind, name, keepAs, phase, at } of await restorations.all()) {
    if (phase !== 'kept' || clock.wall() - at <= keepMs) continue;
    await backups.archivist({ kind, name }).drop(name, keepAs, signal);
    await restorations.forget(id);
    gone.push(`${name} (${keepAs})`);
  }
  return gone;
}
