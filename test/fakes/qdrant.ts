import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { serving } from '../clients/loopback.ts';

interface Collection {
  readonly points: readonly string[];
  readonly config: unknown;
}

type Answer = readonly [status: number, body: unknown];
const ok = (result: unknown): Answer => [200, { result, status: 'ok', time: 0.001 }];
const refused = (status: number, error: string): Answer => [status, { status: { error }, time: 0.001 }];

/**
 * A Qdrant as its API reference describes it: collections, aliases that are changed all at once or not at all, snapshots
 * that are made, downloaded, uploaded with their checksum, and removed. Collections cannot be renamed.
 */
export class FakeQdrant {
  readonly collections = new Map<string, Collection>();
  readonly aliases = new Map<string, string>();
  readonly snapshots = new Map<string, Buffer>();
  /** `POST /collections/docs/snapshots`, in the order they came. */
  readonly calls: string[] = [];
  version = '1.15.4';
  key: string | null = null;
  /** Called before each answer. */
  before: (call: string) => void = () => {};
  url = '';
  #made = 0;

  static async start(): Promise<FakeQdrant> {
    const fake = new FakeQdrant();
    fake.url = (await serving((request, response) => fake.#serve(request, response))).url;
    return fake;
  }

  put(name: string, points: readonly string[]): void {
    this.collections.set(name, { points, config: { params: { vectors: { size: 4, distance: 'Cosine' } } } });
  }

  /** What clients find under a name: of a collection, or an alias. */
  points(name: string): readonly string[] | null {
    return this.collections.get(this.aliases.get(name) ?? name)?.points ?? null;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) body.push(chunk);
    const url = new URL(request.url ?? '/', this.url);
    const call = `${request.method ?? ''} ${url.pathname}`;
    this.calls.push(call);
    this.before(call);
    const [status, answer] =
      this.key !== null && request.headers['api-key'] !== this.key
        ? refused(401, 'Must provide an API key')
        : this.#answer(request, url, Buffer.concat(body));
    response.writeHead(status, {
      'content-type': Buffer.isBuffer(answer) ? 'application/octet-stream' : 'application/json',
    });
    response.end(Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
  }

  #answer(request: IncomingMessage, url: URL, body: Buffer): Answer {
    const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
    const [first, name = '', what, which] = path;
    const { method } = request;
    if (url.pathname === '/') return [200, { title: 'qdrant', version: this.version }];
    if (url.pathname === '/aliases') {
      const aliases = [...this.aliases].map(([alias_name, collection_name]) => ({
        alias_name,
        collection_name,
      }));
      return ok({ aliases });
    }
    if (first !== 'collections') return refused(404, 'Not found');
    if (path.length === 1)
      return ok({ collections: [...this.collections.keys()].map((one) => ({ name: one })) });
    if (method === 'POST' && name === 'aliases') return this.#change(JSON.parse(body.toString()) as Changes);
    if (what === 'snapshots' && which === 'upload') return this.#recover(name, request, url, body);
    const resolved = this.aliases.get(name) ?? name;
    const collection = this.collections.get(resolved);
    if (collection === undefined) return refused(404, `Collection \`${name}\` doesn't exist!`);
    if (what === 'snapshots') return this.#snapshot(method, resolved, which, collection);
    if (what === 'points') return ok({ count: collection.points.length });
    if (method === 'GET')
      return ok({ status: 'green', points_count: collection.points.length, config: collection.config });
    if (!this.collections.delete(name)) return ok(false);
    for (const [alias, target] of this.aliases) if (target === name) this.aliases.delete(alias);
    return ok(true);
  }

  #snapshot(
    method: string | undefined,
    name: string,
    which: string | undefined,
    collection: Collection,
  ): Answer {
    if (method === 'POST') {
      this.#made += 1;
      const content = Buffer.from(`${JSON.stringify(collection)}\n`.repeat(50));
      const file = `${name}-${this.#made}.snapshot`;
      this.snapshots.set(file, content);
      return ok({ name: file, creation_time: null, size: content.length, checksum: sha256(content) });
    }
    const content = this.snapshots.get(which ?? '');
    if (content === undefined) return refused(404, 'Snapshot not found');
    if (method === 'DELETE') return ok(this.snapshots.delete(which ?? ''));
    return [200, content];
  }

  #recover(name: string, request: IncomingMessage, url: URL, body: Buffer): Answer {
    if (request.method !== 'POST') return refused(405, '');
    const boundary = /boundary=(.+)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
    const begin = body.indexOf('\r\n\r\n') + 4;
    const content = body.subarray(begin, body.lastIndexOf(`\r\n--${boundary}--`));
    const checksum = url.searchParams.get('checksum');
    if (checksum !== null && checksum !== sha256(content)) return refused(400, 'Snapshot checksum mismatch');
    if (url.searchParams.get('priority') !== 'snapshot') return ok(true);
    this.collections.set(name, JSON.parse(content.toString().split('\n')[0]!) as Collection);
    return ok(true);
  }

  #change({ actions }: Changes): Answer {
    const next = new Map(this.aliases);
    for (const { create_alias: create, delete_alias: remove } of actions) {
      if (remove !== undefined) next.delete(remove.alias_name);
      if (create === undefined) continue;
      if (this.collections.has(create.alias_name))
        return refused(409, 'Collection with the same name exists');
      if (!this.collections.has(create.collection_name)) return refused(404, 'Collection not found');
      next.set(create.alias_name, create.collection_name);
    }
    this.aliases.clear();
    for (const [alias, target] of next) this.aliases.set(alias, target);
    return ok(true);
  }
}

interface Changes {
  readonly actions: readonly {
    readonly create_alias?: { readonly alias_name: string; readonly collection_name: string };
    readonly delete_alias?: { readonly alias_name: string };
  }[];
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
