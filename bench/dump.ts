import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchContext, Benchmark } from './benchmark.ts';
import type { DumpOrder, DumpReport } from './dump-process.ts';
import { startMariadb, type BenchMariadb } from './mariadb.ts';
import { measured, type Measure } from './samples.ts';

const programs = ['/usr/sbin/mariadbd', '/usr/bin/mariadb-dump', '/usr/bin/zstd'];

/** A database as a part of a backup set and back, beside its own tools piped through the same compressor. */
export const dump: Benchmark = {
  name: 'dump',
  summary: 'dump and restore of 1 GiB, beside the native tools piped through the same compressor; memory',
  missing: () => programs.flatMap((path) => (existsSync(path) ? [] : `${path} is not there`))[0] ?? null,
  run: measureAll,
};

/** How much slower than the native tools is allowed: at least 0.9 of their speed. */
const target = { of: 'median', atMost: Number((1 / 0.9).toPrecision(4)) } as const;

async function measureAll({ folder, quick, progress, signal }: BenchContext): Promise<readonly Measure[]> {
  await using undo = new AsyncDisposableStack();
  const mariadb = await startMariadb(undo, folder);
  const mebibytes = quick ? 256 : 1_024;
  fill(mariadb, mebibytes);
  progress(`${mebibytes} MiB are in the database`);
  const native = nativeWays(mariadb, join(folder, 'native.sql.zst'));
  const own = (does: DumpOrder['does']): Promise<DumpReport> =>
    ownWay({ does, folder, mariadb: at(mariadb) });
  const times = { dump: [], restore: [], readBack: [] } as Record<'dump' | 'restore' | 'readBack', number[]>;
  const seconds = { dump: [], restore: [] } as Record<'dump' | 'restore', number[]>;
  const memory: number[] = [];
  let bytes = 0;
  // In turns, so that whatever else this machine does meets both; the first pair warms both ways.
  for (let round = 0; round < (quick ? 2 : 4) && !signal.aborted; round++) {
    const nativeDump = await took(native.dump);
    const made = await own('create');
    await took(native.empty);
    const nativeRestore = await took(native.restore);
    const restored = await own('restore');
    progress(
      `round ${round}: dump ${whole(nativeDump)} and ${whole(made.tookMs)} ms, restore ${whole(nativeRestore)} and ${whole(restored.tookMs)} ms`,
    );
    rmSync(join(folder, 'sets'), { recursive: true, force: true });
    if (round === 0) continue;
    times.dump.push(made.tookMs / nativeDump);
    times.readBack.push(made.wholeMs / nativeDump);
    times.restore.push(restored.tookMs / nativeRestore);
    seconds.dump.push(made.tookMs / 1_000);
    seconds.restore.push(restored.tookMs / 1_000);
    memory.push(made.mebibytes, restored.mebibytes);
    bytes = made.plainBytes;
  }
  const facts = { dumpBytes: bytes, compression: 'zstd, level 3' };
  return [
    measured({ measure: 'a part of a set copied, over mariadb-dump | zstd', unit: 'ratio' }, times.dump, {
      target,
      facts,
    }),
    measured({ measure: 'the same with reading the set back', unit: 'ratio' }, times.readBack, { facts }),
    measured({ measure: 'copying the part', unit: 's' }, seconds.dump, { facts }),
    measured(
      { measure: 'a part restored beside and counted, over zstd | mariadb', unit: 'ratio' },
      times.restore,
      { target, facts },
    ),
    measured({ measure: 'restoring the part', unit: 's' }, seconds.restore, { facts }),
    measured({ measure: 'resident memory of the process, at its largest', unit: 'MiB' }, memory, {
      // 150 MB.
      target: { of: 'max', atMost: 143 },
    }),
  ];
}

/** Rows of a kilobyte, of which a compressor makes about half. */
function fill({ run }: BenchMariadb, mebibytes: number): void {
  run('CREATE DATABASE shop');
  const perTable = mebibytes * 256;
  for (const table of ['orders', 'customers', 'events', 'notes'])
    run(
      `CREATE TABLE ${table} (id BIGINT PRIMARY KEY, name VARCHAR(64), total DECIMAL(10,2), note VARCHAR(1000));
       INSERT INTO ${table} SELECT seq, MD5(seq), seq / 7, CONCAT(${Array.from({ length: 15 }, (_, part) => `SHA2(seq + ${part}, 256)`).join(', ')}) FROM seq_1_to_${perTable};`,
      'shop',
    );
}

function at({ port, user, password }: BenchMariadb): DumpOrder['mariadb'] {
  return { port, user, password };
}

/** What a person would type, through a shell as a person would, to the address that the data store is reached at. */
function nativeWays(
  { port, user, password }: BenchMariadb,
  file: string,
): Record<'dump' | 'empty' | 'restore', string> {
  const server = `--no-defaults --protocol=tcp --host=127.0.0.1 --port=${port} --user=${user} --password=${password}`;
  return {
    dump: `mariadb-dump ${server} --single-transaction --quick --hex-blob --routines --triggers --events shop | zstd -q -3 -f -o ${file} && sync ${file}`,
    empty: `mariadb ${server} -e 'DROP DATABASE IF EXISTS native; CREATE DATABASE native'`,
    restore: `zstd -dcq ${file} | mariadb ${server} native`,
  };
}

async function took(line: string): Promise<number> {
  const begun = performance.now();
  const child = spawn('/bin/bash', ['-o', 'pipefail', '-c', line], { stdio: 'ignore' });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${line}: ended with ${String(code)}`);
  return performance.now() - begun;
}

/** In a process of its own, so that its memory is its own. */
async function ownWay(order: DumpOrder): Promise<DumpReport> {
  const program = join(import.meta.dirname, 'dump-process.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${order.does}: ended with ${String(code)}`);
  return JSON.parse(said) as DumpReport;
}

function whole(value: number): string {
  return String(Math.round(value));
}
