import { RollbackError } from '../../domain/errors.ts';
import { sleep } from '../../domain/ports/clock.ts';
import type { BackupJob } from '../../domain/ports/backups.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { CliContext } from '../command.ts';
import { painter } from '../paint.ts';
import { printable } from '../printable.ts';

/** How often the daemon is asked how far a job is. */
const everyMs = 300;
const barWidth = 24;

/**
 * Shows how far a job is until it ends, and how it ended. It runs in the daemon: whoever stops waiting stops nothing.
 *
 * @returns 0 when it ended well, or goes on unwatched; else 1
 */
export async function followJob(context: CliContext, started: BackupJob): Promise<number> {
  const { json, out } = context;
  if (context.values['detach'] === true) {
    out(json ? JSON.stringify(started) : `${started.id} goes on in the daemon; see rollbackd backup list`);
    return 0;
  }
  return printEnd(context, await jobEnded(context, started));
}

/**
 * Shows how far a job is until it ends.
 *
 * @throws RollbackError `NOT_FOUND` when the daemon was started anew meanwhile
 */
export async function jobEnded(context: CliContext, started: BackupJob): Promise<BackupJob> {
  const { progress, clock, signal } = context;
  let job: BackupJob | null = started;
  try {
    while (job !== null && job.ended === null) {
      progress?.(bar(job));
      await sleep(clock, everyMs, signal);
      job = await context.api().backups.job(started.id);
    }
  } finally {
    progress?.('');
  }
  if (job !== null) return job;
  throw new RollbackError(
    'NOT_FOUND',
    `the daemon knows ${started.id} no more: it was started anew meanwhile; rollbackd backup list shows what there is`,
  );
}

function printEnd({ json, out, color }: CliContext, job: BackupJob): number {
  const well = job.ended === 'well';
  if (json) {
    out(JSON.stringify(job));
    return well ? 0 : 1;
  }
  const paint = painter(color);
  const { message, details } = printable(job);
  out(`${well ? paint.green('ok') : paint.red('FAILED')}  ${message}`);
  for (const detail of details) out(`    ${detail}`);
  return well ? 0 : 1;
}

/** `layra_qdrant_data  [######------------------]  25%  120MiB of 480MiB` */
export function bar({ does, progress }: Pick<BackupJob, 'does' | 'progress'>): string {
  if (progress === null) return `${does}: beginning`;
  const { name, bytes, of } = progress;
  const shown = printable(name);
  const done = formatQuantity(bytes, 'bytes');
  if (of === null || of === 0) return `${shown}  ${done}`;
  // What was measured beforehand is not exact: a copy may become larger.
  const share = Math.min(1, bytes / of);
  const filled = Math.round(share * barWidth);
  const picture = '#'.repeat(filled) + '-'.repeat(barWidth - filled);
  return `${shown}  [${picture}]  ${Math.round(share * 100)}%  ${done} of ${formatQuantity(of, 'bytes')}`;
}
