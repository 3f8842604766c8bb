import { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';
import type { BackupDesk } from '../domain/ports/backups.ts';
import { about, type Api } from './route.ts';
import { word } from './words.ts';

const ofSet = z.object({ id: word });
const creating = z.strictObject({ recipe: word, smallerOk: z.boolean().optional().default(false) });
const verifying = z.strictObject({ rehearse: z.boolean().optional().default(false) });
const restoring = z.strictObject({
  parts: z.array(z.string().min(1).max(4096)).max(200).optional().default([]),
});

/** Backup sets: looked at by everybody, made and verified by operators, restored and pruned by admins. */
export function addBackups(api: Api, desk: BackupDesk = noDesk): void {
  api.get('/backups', { config: about('Backup sets, newest first, and what is under way', 'Backups') }, () =>
    desk.list(),
  );
  api.get(
    '/backups/jobs/:id',
    { schema: { params: ofSet }, config: about('A long action on backups', 'BackupJob') },
    async ({ params: { id } }) => {
      const job = desk.job(id);
      if (job !== null) return job;
      throw new RollbackError('NOT_FOUND', `there is no job ${id}; a new start of the daemon forgets them`);
    },
  );
  api.get(
    '/backups/:id',
    {
      schema: { params: ofSet },
      config: about('One backup set: its parts and what reading it said', 'BackupSet'),
    },
    async ({ params: { id } }) => {
      const found = await desk.find(id);
      if (found !== null) return found;
      throw new RollbackError(
        'NOT_FOUND',
        `there is no backup set ${id}; \`rollbackd backup list\` lists them`,
      );
    },
  );
  addActions(api, desk);
}

function addActions(api: Api, desk: BackupDesk): void {
  api.post(
    '/backups',
    {
      schema: { body: creating },
      config: about('Make a backup set by a recipe; answers with a job at once', 'BackupJob', {
        role: 'operator',
      }),
    },
    ({ body, actor }) => desk.create(body, actor.name),
  );
  api.post(
    '/backups/:id/verify',
    {
      schema: { params: ofSet, body: verifying },
      config: about('Read a set again, or restore it into scratch and count; a job', 'BackupJob', {
        role: 'operator',
      }),
    },
    ({ params: { id }, body: { rehearse }, actor }) =>
      desk.verify(id, rehearse ? 'rehearsal' : 'reading', actor.name),
  );
  api.post(
    '/backups/:id/restore',
    {
      schema: { params: ofSet, body: restoring },
      config: about('Restore parts of a set, all without names, and put them to use; a job', 'BackupJob', {
        role: 'admin',
      }),
    },
    ({ params: { id }, body: { parts }, actor }) => desk.restore(id, parts, actor.name),
  );
  api.post(
    '/backups/prune',
    {
      schema: { body: z.strictObject({}) },
      config: about('Remove the sets that are past retention', 'PrunedBackups', { role: 'admin' }),
    },
    async ({ actor }) => ({ removed: await desk.prune(actor.name) }),
  );
}

/** Where no backups are configured there is nothing to look at, and nothing can be made. */
const noDesk: BackupDesk = {
  list: () => Promise.reject(notConfigured()),
  find: () => Promise.reject(notConfigured()),
  job: () => {
    throw notConfigured();
  },
  create: () => Promise.reject(notConfigured()),
  verify: () => Promise.reject(notConfigured()),
  restore: () => Promise.reject(notConfigured()),
  prune: () => Promise.reject(notConfigured()),
};

function notConfigured(): RollbackError {
  return new RollbackError('NOT_FOUND', 'no backups are configured; add backups: to the main file');
}
