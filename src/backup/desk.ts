import type { BackupPart, BackupPolicy } from '../domain/backup.ts';
import { RollbackError } from '../domain/errors.ts';
import type { BackupDesk, BackupJob, BackupSetView } from '../domain/ports/backups.ts';
import { formatQuantity } from '../domain/quantity.ts';
import { formatDuration } from '../domain/time.ts';
import { jobs, type Jobs, type JobWork } from './jobs.ts';
import { dropKept, restore, settle, type RestoringParts } from './restoring.ts';

/** What the desk works with. */
export interface DeskParts extends RestoringParts {
  readonly policy: BackupPolicy;
  /** Hears one sentence of each thing that was done, for the journal. */
  readonly note: (type: string, message: string) => void;
}

/** The desk, with what the daemon does with it by itself. */
export interface OwnDesk extends BackupDesk, AsyncDisposable {
  /** Clears up behind a daemon that died. Before anything else is asked. */
  settle(): Promise<void>;
  /** Resolves once a job has ended. */
  ended(job: string): Promise<void>;
}

/** Does what people ask of the backups, long things as jobs. */
export function backupDesk(parts: DeskParts): OwnDesk {
  const { backups, policy, clock, note } = parts;
  const running = jobs(clock, (job) =>
    note(`backup.${job.ended === 'well' ? wordOf(job) : 'failed'}`, told(job)),
  );
  return {
    list: async () => ({
      sets: await backups.book.views(),
      broken: await backups.book.broken(),
      jobs: running.list(),
    }),
    find: (id) => backups.book.find(id),
    job: (id) => running.find(id),
    async create({ recipe, smallerOk }, by) {
      mustBeIdle(running, ({ does, recipe: other }) => does === 'create' && other === recipe);
      const { problems } = await backups.examine(recipe, new AbortController().signal);
      if (problems.length > 0)
        throw new RollbackError('REFUSED', `no backup of ${recipe} can be made: ${problems.join('; ')}`);
      mustBeIdle(running, ({ does, recipe: other }) => does === 'create' && other === recipe);
      return running.start({ does: 'create', recipe, set: null, by }, creating(parts, recipe, smallerOk));
    },
    async verify(id, how, by) {
      const { set } = await mustFind(backups, id);
      const does = how === 'reading' ? 'verify' : 'rehearse';
      return running.start({ does, recipe: set.recipe, set: id, by }, async (progress, signal) => {
        const { problems } = await backups.verify(id, how, progress, signal);
        const well =
          how === 'reading' ? 'reads back as it was made' : 'was restored into scratch and counts the same';
        const message = problems.length === 0 ? `${id} ${well}` : `${id} has ${problems.length} problems`;
        return { ended: problems.length === 0 ? 'well' : 'badly', message, details: problems, set: id };
      });
    },
    async restore(id, names, by) {
      const { set, verdict } = await mustFind(backups, id);
      mustBeIdle(running, ({ does }) => does === 'restore');
      if (verdict !== null && verdict.problems.length > 0)
        throw new RollbackError('REFUSED', `${id} did not read back: ${verdict.problems.join('; ')}`);
      const wanted = chosen(set.parts, names, id);
      return running.start({ does: 'restore', recipe: set.recipe, set: id, by }, async (progress, signal) => {
        const whole = names.length > 0 ? wanted : wanted.filter((part) => isWhole(backups, part));
        const details = await restore(parts, { set, parts: whole, progress, signal });
        return {
          ended: 'well',
          message: `${details.length === 1 ? `1 part of ${id} is` : `${details.length} parts of ${id} are`} in use`,
          details,
          set: id,
        };
      });
    },
    async prune(by) {
      const signal = new AbortController().signal;
      const gone = await backups.prune(signal);
      const old = await dropKept(parts, policy.retention.keepMs, signal);
      if (gone.length > 0) note('backup.pruned', `${by} removed ${gone.join(', ')}: past retention`);
      if (old.length > 0) note('backup.pruned', `what was kept behind restorations went: ${old.join(', ')}`);
      return gone;
    },
    async settle() {
      const left = await backups.sweep();
      if (left.length > 0) note('backup.failed', `unfinished sets were removed: ${left.join(', ')}`);
      for (const line of await settle(parts, new AbortController().signal)) note('backup.restored', line);
    },
    ended: (job) => running.ended(job),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function mustFind({ book }: DeskParts['backups'], id: string): Promise<BackupSetView> {
  const found = await book.find(id);
  if (found !== null) return found;
  throw new RollbackError('NOT_FOUND', `there is no backup set ${id}; \`rollbackd backup list\` lists them`);
}

function creating({ backups }: DeskParts, recipe: string, smallerOk: boolean): JobWork {
  return async (progress, signal) => {
    const occasion = { target: null, incident: null, release: null, key: null, smallerOk };
    const set = await backups.create(recipe, occasion, progress, signal);
    const bytes = set.parts.reduce((sum, part) => sum + part.bytes, 0);
    return {
      ended: 'well',
      message: `${set.id}: ${set.parts.length} parts, ${formatQuantity(bytes, 'bytes')}, in ${formatDuration(set.tookMs)}; it reads back`,
      details: [],
      set: set.id,
    };
  };
}

function mustBeIdle(running: Jobs, isInTheWay: (job: BackupJob) => boolean): void {
  const busy = running.list().find((job) => job.ended === null && isInTheWay(job));
  if (busy === undefined) return;
  const what =
    busy.does === 'create'
      ? `a backup of ${busy.recipe} is being made`
      : `${busy.set ?? 'a set'} is being restored`;
  throw new RollbackError('REFUSED', `${what} by ${busy.by} already (${busy.id}); wait for it`);
}

/** Offsets of consumer groups are put back by their step. */
function isWhole(backups: DeskParts['backups'], part: BackupPart): boolean {
  return backups.archivist(part).forSteps !== true;
}

function chosen(parts: readonly BackupPart[], names: readonly string[], id: string): readonly BackupPart[] {
  // Records of containers are for people: all that can be put back is.
  if (names.length === 0) return parts.filter(({ kind }) => kind !== 'containers');
  return names.map((wanted) => {
    const found = parts.filter(({ kind, name }) => name === wanted || `${kind}:${name}` === wanted);
    const [only] = found;
    if (found.length === 1 && only !== undefined) return only;
    const known = parts.map(({ kind, name }) => `${kind}:${name}`).join(', ');
    if (only === undefined)
      throw new RollbackError('NOT_FOUND', `${id} holds no ${wanted}; it holds ${known}`);
    throw new RollbackError('NOT_FOUND', `${wanted} is several parts of ${id}; say which of ${known}`);
  });
}

function wordOf({ does }: BackupJob): string {
  const words = { create: 'made', verify: 'verified', rehearse: 'rehearsed', restore: 'restored' } as const;
  return words[does];
}

function told({ does, recipe, by, ended, message, details }: BackupJob): string {
  const more = details.length === 0 ? '' : `: ${details.join('; ')}`;
  if (ended === 'well') return `${by}: ${message}${more}`;
  const tried = does === 'create' ? `a backup of ${recipe}` : `${does} of a set of ${recipe}`;
  return `${by}: ${tried} failed: ${message}${more}`;
}
