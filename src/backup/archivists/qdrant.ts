import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { HttpClient } from '../../clients/http.ts';
import { baseOf, bases, besideOf, inUse, type Collections } from '../../clients/vectors/collection-names.ts';
import { framedReader } from '../../clients/vectors/framed-files.ts';
import { openQdrant, type Qdrant, type QdrantSnapshot } from '../../clients/vectors/qdrant.ts';
import { dropQdrant, qdrantSwitched, switchQdrant } from '../../clients/vectors/qdrant-switch.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import type { DataStore, VectorStore } from '../../domain/data-store.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';

export interface VectorParts {
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly http: HttpClient;
}

/**
 * Vector stores of Qdrant: a snapshot of each collection that is in use, as the server makes it, with its parameters and
 * aliases. Points are counted one by one before and after its snapshot; while the two differ there is no copy.
 */
export function qdrantArchivist({ stores, http }: VectorParts): Archivist {
  const storeOf = (name: string): VectorStore => {
    const found = stores[name];
    if (found?.kind === 'qdrant') return found;
    throw new RollbackError('NOT_FOUND', `there is no data store ${name} of Qdrant`);
  };
  const open = (name: string, signal: AbortSignal): Qdrant => openQdrant(http, storeOf(name), signal);
  return {
    kind: 'store',
    handles: (name) => stores[name]?.kind === 'qdrant',
    async examine(name, signal) {
      try {
        const qdrant = open(name, signal);
        const none = bases(await present(qdrant)).length === 0;
        await qdrant.version();
        return { problems: none ? [`${name} holds no collection`] : [], bytes: null };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    dump: async (name, sink, signal) => dump(open(name, signal), name, sink, signal),
    whyNotHere: async (name, { server }, signal) =>
      whyNotThatVersion(server, await serverOf(open(name, signal))),
    restoreBeside: (name, source, scratch, signal) =>
      restoreBeside(open(name, signal), { name, source, scratch }),
    switchTo: (name, scratch, keepAs, signal) => switchQdrant(open(name, signal), scratch, keepAs),
    switched: (name, scratch, keepAs, signal) => qdrantSwitched(open(name, signal), scratch, keepAs),
    drop: (name, which, signal) => dropQdrant(open(name, signal), which),
    async count(name, signal) {
      const qdrant = open(name, signal);
      const there = await present(qdrant);
      return { ...(await factsOf(qdrant)), counts: await countsOf(qdrant, there) };
    },
  };
}

async function present(qdrant: Qdrant): Promise<Collections> {
  return { collections: await qdrant.collections(), aliases: await qdrant.aliases() };
}

async function countsOf(qdrant: Qdrant, there: Collections): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const base of bases(there)) counts[base] = await qdrant.count(inUse(there, base) ?? base);
  return counts;
}

async function serverOf(qdrant: Qdrant): Promise<string> {
  return `qdrant ${await qdrant.version()}`;
}

async function factsOf(qdrant: Qdrant): Promise<Omit<BackupFacts, 'counts'>> {
  return { server: await serverOf(qdrant), tool: null, schemaVersion: null };
}

/** A snapshot is read by servers of the same minor version, from its own patch on. */
function whyNotThatVersion(from: string | null, here: string): string | null {
  if (from === null) return null;
  const [major, minor, patch] = numbersIn(from);
  const [hereMajor, hereMinor, herePatch] = numbersIn(here);
  if (major === hereMajor && minor === hereMinor && (herePatch ?? 0) >= (patch ?? 0)) return null;
  return `the copy is of ${from}, and the server is ${here}: snapshots are read by the same minor version only, and not by an older patch`;
}

function numbersIn(server: string): readonly number[] {
  return (server.split(' ')[1] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0);
}

const header = z.object({
  format: z.literal('rollbackd-qdrant-1'),
  collections: z.array(
    z.object({
      name: z.string().min(1),
      points: z.number().int().min(0),
      bytes: z.number().int().min(0),
      sha256: z.string().nullable(),
      aliases: z.array(z.string()),
      config: z.unknown(),
    }),
  ),
});
type Header = z.output<typeof header>;

async function dump(qdrant: Qdrant, name: string, sink: Writable, signal: AbortSignal): Promise<BackupFacts> {
  const there = await present(qdrant);
  const made: QdrantSnapshot[] = [];
  try {
    const collections: Header['collections'] = [];
    for (const base of bases(there)) {
      const collection = inUse(there, base) ?? base;
      const { snapshot, points } = await settledSnapshot(qdrant, collection, made);
      const aliases = [...there.aliases].flatMap(([alias, target]) =>
        target === collection && baseOf(alias) === alias ? [alias] : [],
      );
      const config = await qdrant.config(collection);
      const { bytes, checksum } = snapshot;
      collections.push({ name: base, points, bytes, sha256: checksum, aliases, config });
    }
    const head: Header = { format: 'rollbackd-qdrant-1', collections };
    await pipeline(contentOf(qdrant, head, made), sink, { signal });
    const counts = Object.fromEntries(collections.map(({ name: base, points }) => [base, points]));
    return { ...(await factsOf(qdrant)), counts };
  } catch (error) {
    throw error instanceof RollbackError
      ? error
      : new RollbackError(
          'COMMAND_FAILED',
          `could not copy ${name}: ${messageOf(error)}`,
          {},
          { cause: error },
        );
  } finally {
    // They take room on the server, which may be short of it.
    for (const snapshot of made) await qdrant.removeSnapshot(snapshot).catch(() => {});
  }
}

const attempts = 3;

async function settledSnapshot(
  qdrant: Qdrant,
  collection: string,
  made: QdrantSnapshot[],
): Promise<{ readonly snapshot: QdrantSnapshot; readonly points: number }> {
  let before = await qdrant.count(collection);
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await qdrant.snapshot(collection);
    made.push(snapshot);
    const points = await qdrant.count(collection);
    if (points === before) return { snapshot, points };
    await qdrant.removeSnapshot(snapshot);
    made.pop();
    if (attempt === attempts)
      throw new RollbackError(
        'COMMAND_FAILED',
        `${collection} had ${before} points before its snapshot was made and ${points} after; hold writes off, then try again`,
      );
    before = points;
  }
}

async function* contentOf(
  qdrant: Qdrant,
  head: Header,
  snapshots: readonly QdrantSnapshot[],
): AsyncIterable<Buffer> {
  yield Buffer.from(`${JSON.stringify(head)}\n`);
  for (const snapshot of snapshots) {
    let bytes = 0;
    for await (const chunk of (await qdrant.download(snapshot)) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
    if (bytes !== snapshot.bytes)
      throw new RollbackError(
        'COMMAND_FAILED',
        `the snapshot of ${snapshot.collection} has ${bytes} bytes, and ${snapshot.bytes} were announced`,
      );
  }
}

interface RestoringBeside {
  readonly name: string;
  readonly source: Readable;
  readonly scratch: string;
}

async function restoreBeside(
  qdrant: Qdrant,
  { name, source, scratch }: RestoringBeside,
): Promise<BackupFacts> {
  try {
    await dropQdrant(qdrant, scratch);
    const reader = framedReader(source, name);
    const head = header.safeParse(parsed(await reader.line()));
    if (!head.success)
      throw new RollbackError('BACKUP_INVALID', `the copy of ${name} is not one of a Qdrant`);
    const counts: Record<string, number> = {};
    for (const { name: base, bytes, sha256 } of head.data.collections) {
      const collection = besideOf(base, scratch);
      await qdrant.recover(collection, { bytes, checksum: sha256 }, reader.take(bytes));
      counts[base] = await qdrant.count(collection);
    }
    await reader.end();
    return { ...(await factsOf(qdrant)), counts };
  } finally {
    source.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
