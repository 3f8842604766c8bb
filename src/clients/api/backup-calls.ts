import type { BackupJob, BackupList, BackupSetView } from '../../domain/ports/backups.ts';
import type { Caller } from './call.ts';

/** What can be asked of the backups over HTTP. Long actions answer with a job at once. */
export interface BackupCalls {
  list(): Promise<BackupList>;
  find(id: string): Promise<BackupSetView | null>;
  job(id: string): Promise<BackupJob | null>;
  create(request: { readonly recipe: string; readonly smallerOk: boolean }): Promise<BackupJob>;
  verify(id: string, rehearse: boolean): Promise<BackupJob>;
  /** All parts without names. */
  restore(id: string, parts: readonly string[]): Promise<BackupJob>;
  prune(): Promise<readonly string[]>;
}

export function backupCalls({ get, find, post }: Caller): BackupCalls {
  const pathOf = (id: string): string => `/backups/${encodeURIComponent(id)}`;
  return {
    list: () => get<BackupList>('/backups'),
    find: (id) => find<BackupSetView>(pathOf(id)),
    job: (id) => find<BackupJob>(`/backups/jobs/${encodeURIComponent(id)}`),
    create: (request) => post<BackupJob>('/backups', request),
    verify: (id, rehearse) => post<BackupJob>(`${pathOf(id)}/verify`, { rehearse }),
    restore: (id, parts) => post<BackupJob>(`${pathOf(id)}/restore`, { parts }),
    prune: async () => (await post<{ readonly removed: readonly string[] }>('/backups/prune', {})).removed,
  };
}
