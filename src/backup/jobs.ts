import { messageOf } from '../domain/errors.ts';
import type { BackupJob, BackupProgress } from '../domain/ports/backups.ts';
import type { Clock } from '../domain/ports/clock.ts';

/** How many that ended are remembered. */
const remembered = 50;

/** What a job comes to. */
export interface JobEnd {
  readonly ended: 'well' | 'badly';
  readonly message: string;
  readonly details: readonly string[];
  readonly set: string | null;
}

/** What a job does, beginning when it is started. */
export type JobWork = (progress: BackupProgress, signal: AbortSignal) => Promise<JobEnd>;

/** Long actions in the daemon. They belong to nobody: who asked for one may go. */
export interface Jobs extends AsyncDisposable {
  start(what: Pick<BackupJob, 'does' | 'recipe' | 'set' | 'by'>, work: JobWork): BackupJob;
  /** Newest first. */
  list(): readonly BackupJob[];
  find(id: string): BackupJob | null;
  /** Resolves once a job has ended, at once when it has. */
  ended(id: string): Promise<void>;
}

/** Keeps the jobs of one run of the daemon; `over` hears of each as it ends. Disposing of it interrupts them. */
export function jobs(clock: Clock, over: (job: BackupJob) => void): Jobs {
  const all = new Map<string, BackupJob>();
  const running = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let count = 0;
  const change = (id: string, news: Partial<BackupJob>): void => {
    const job = all.get(id);
    if (job !== undefined) all.set(id, { ...job, ...news });
  };
  const run = async (id: string, work: JobWork): Promise<void> => {
    const end = await work((progress) => change(id, { progress }), stopping.signal).catch(failed);
    const set = end.set ?? all.get(id)?.set ?? null;
    change(id, { ...end, set, endedAt: clock.now(), progress: null });
    running.delete(id);
    const job = all.get(id);
    if (job !== undefined) over(job);
    forget(all, running);
  };
  return {
    start(what, work) {
      count += 1;
      const id = `j-${count}`;
      const began = { id, ...what, startedAt: clock.now(), endedAt: null, ended: null };
      const job: BackupJob = { ...began, message: '', details: [], progress: null };
      all.set(id, job);
      running.set(id, run(id, work));
      return job;
    },
    list: () => [...all.values()].toReversed(),
    find: (id) => all.get(id) ?? null,
    ended: (id) => running.get(id) ?? Promise.resolve(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await Promise.all(running.values());
    },
  };
}

function failed(error: unknown): JobEnd {
  return { ended: 'badly', message: messageOf(error), details: [], set: null };
}

function forget(all: Map<string, BackupJob>, running: ReadonlyMap<string, unknown>): void {
  const over = [...all.keys()].filter((id) => !running.has(id));
  for (const id of over.slice(0, Math.max(0, over.length - remembered))) all.delete(id);
}
