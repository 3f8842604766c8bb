// `node bench/dump-process.ts ORDER`: makes a backup set of a database, or restores it beside, and says what that took.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from '../src/app/clock.ts';
import { mysqlArchivist } from '../src/backup/archivists/mysql.ts';
import { backups } from '../src/backup/backups.ts';
import { localPlace } from '../src/backup/local-place.ts';
import { restorations } from '../src/backup/restores.ts';
import { databaseTools } from '../src/clients/databases/tools.ts';
import type { DataStore } from '../src/domain/data-store.ts';
import type { Archivist } from '../src/domain/ports/backups.ts';
import { Secret } from '../src/domain/secret.ts';
import { DAY } from '../src/domain/time.ts';

export interface DumpOrder {
  readonly does: 'create' | 'restore';
  readonly folder: string;
  readonly mariadb: { readonly port: number; readonly user: string; readonly password: string };
}

export interface DumpReport {
  /** Of the copy alone, or of the restoration. */
  readonly tookMs: number;
  /** With reading the set back. */
  readonly wholeMs: number;
  readonly plainBytes: number;
  /** Resident, at its largest. */
  readonly mebibytes: number;
}

// As the daemon has it.
setFlagsFromString('--semi-space-growth-factor=1');
const forever = new AbortController().signal;
process.stdout.write(JSON.stringify(await obey(JSON.parse(process.argv[2] ?? '') as DumpOrder)));

async function obey({ does, folder, mariadb }: DumpOrder): Promise<DumpReport> {
  const clock = systemClock();
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { recursive: true });
  const store: DataStore = {
    kind: 'mysql',
    name: 'shop',
    host: '127.0.0.1',
    port: mariadb.port,
    tls: false,
    user: mariadb.user,
    password: new Secret(mariadb.password),
    database: 'shop',
    toolsIn: null,
    schemaQuery: null,
  };
  const archivist = mysqlArchivist({ stores: { shop: store }, tools: databaseTools({ clock, stateDir }) });
  const copied = { tookMs: 0 };
  const sets = join(folder, 'sets');
  const room = backups({
    policy: {
      directory: sets,
      keyFile: null,
      compression: 'zstd',
      retention: { keepMs: DAY, least: 1, mostBytes: null },
      recipes: {
        shop: { name: 'shop', stores: ['shop'], volumes: [], files: [], repositories: [], containers: [] },
      },
      schedule: [],
    },
    place: localPlace(sets),
    archivists: [timed(archivist, copied)],
    key: null,
    clock,
    chance: () => randomBytes(2).toString('hex'),
    version: 'bench',
    isOpen: () => false,
    began: () => null,
    restorations: restorations(stateDir),
  });
  const begun = performance.now();
  if (does === 'create') {
    const occasion = { target: null, incident: null, release: null, key: null };
    const set = await room.create('shop', occasion, () => {}, forever);
    return report(copied.tookMs, performance.now() - begun, set.parts[0]?.plainBytes ?? 0);
  }
  const [set] = await room.list();
  const [part] = set?.parts ?? [];
  if (set === undefined || part === undefined) throw new Error('there is no set to restore');
  await archivist.restoreBeside('shop', await room.open(set, part, forever), 'bench', forever);
  const tookMs = performance.now() - begun;
  await archivist.drop('shop', 'bench', forever);
  return report(tookMs, tookMs, part.plainBytes);
}

function timed(archivist: Archivist, copied: { tookMs: number }): Archivist {
  return {
    ...archivist,
    async dump(name, sink, signal) {
      const begun = performance.now();
      const written = new Promise((resolve) => sink.once('close', resolve));
      const facts = await archivist.dump(name, sink, signal);
      void written.then(() => (copied.tookMs = performance.now() - begun));
      return facts;
    },
  };
}

function report(tookMs: number, wholeMs: number, plainBytes: number): DumpReport {
  return { tookMs, wholeMs, plainBytes, mebibytes: process.resourceUsage().maxRSS / 1_024 };
}
