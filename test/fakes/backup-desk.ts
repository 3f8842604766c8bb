import type { BackupDesk, BackupJob, BackupSetView } from '../../src/domain/ports/backups.ts';
import { start } from './clock.ts';

export const aSet: BackupSetView = {
  set: {
    version: 1,
    id: 'b-20260105-120000-x7k2',
    recipe: 'shop',
    target: 'backend',
    incident: null,
    release: null,
    key: null,
    madeAt: start,
    tookMs: 1500,
    by: '0.1.0',
    encrypted: false,
    parts: [
      {
        kind: 'files',
        name: '/opt/shop',
        file: '01-files-opt-shop.zst',
        bytes: 10,
        sha256: '0'.repeat(64),
        plainBytes: 20,
        plainSha256: '1'.repeat(64),
        facts: { server: null, tool: null, schemaVersion: null, counts: { '/opt/shop': 2 } },
      },
    ],
  },
  verdict: { set: 'b-20260105-120000-x7k2', at: start, by: 'reading', problems: [] },
  bytes: 10,
};

const job: BackupJob = {
  id: 'j-1',
  does: 'create',
  recipe: 'shop',
  set: null,
  by: 'alice',
  startedAt: start,
  endedAt: null,
  ended: null,
  message: '',
  details: [],
  progress: { name: '/opt/shop', bytes: 1, of: null },
};

/** A desk with one set and one job, which it answers everything with. */
export const fakeDesk: BackupDesk = {
  list: async () => ({ sets: [aSet], broken: [{ id: 'b-1', problem: 'cut off' }], jobs: [job] }),
  find: async () => aSet,
  job: () => job,
  create: async () => job,
  verify: async () => job,
  restore: async () => job,
  prune: async () => ['b-2'],
};
