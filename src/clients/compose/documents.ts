import { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RollbackError } from '../../domain/errors.ts';
import type { JsonObject } from '../docker/facts.ts';

const mostBytes = 4 * 1024 * 1024;

/**
 * Compose documents for the time of one call, in a folder that only the daemon may read: they hold secrets. What a
 * killed daemon left there is removed by the next one.
 */
export class Documents {
  readonly #folder: string;
  #ready: Promise<void> | null = null;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'compose');
  }

  /** Calls with the paths of the written documents, and of a file for the answer; all of it is removed afterwards. */
  async with<T>(
    documents: readonly JsonObject[],
    call: (paths: readonly string[], answer: string) => Promise<T>,
  ): Promise<T> {
    this.#ready ??= this.#clear();
    await this.#ready;
    const folder = await mkdtemp(join(this.#folder, 'call-'));
    try {
      const paths = documents.map((_, index) => join(folder, `${index + 1}.json`));
      for (const [index, path] of paths.entries()) await write(path, documents[index] ?? {});
      return await call(paths, join(folder, 'answer.json'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #clear(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#folder))
      await rm(join(this.#folder, name), { recursive: true, force: true });
  }
}

async function write(path: string, document: JsonObject): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(document));
  } finally {
    await file.close();
  }
}

/** Reads the answer that Compose wrote; rejects with `ANSWER_TOO_LARGE` or `ANSWER_INVALID`. */
export async function readAnswer(path: string, doing: string): Promise<JsonObject> {
  const { size } = await stat(path);
  if (size > mostBytes)
    throw new RollbackError('ANSWER_TOO_LARGE', `docker compose, ${doing}: the project is larger than 4 MiB`);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JsonObject;
  } catch (cause) {
    const message = `docker compose, ${doing}: what it wrote is not JSON; check what docker.compose is`;
    throw new RollbackError('ANSWER_INVALID', message, {}, { cause });
  }
}
