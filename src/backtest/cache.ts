import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { digest } from '../domain/json.ts';
import type { Answered, Question } from './answered.ts';
import { packAnswer, unpackAnswer } from './packed.ts';
import { gridIn, type Window } from './span.ts';

/** Answers kept on disk. What cannot be read, or is not what was written, is as good as not there. */
export interface Cache {
  find(question: Question, window: Window): Promise<Answered | null>;
  keep(question: Question, window: Window, answered: Answered): Promise<void>;
}

/** For those who want none. */
export const noCache: Cache = {
  find: () => Promise.resolve(null),
  keep: () => Promise.resolve(),
};

/** Grows by one whenever what is written changes its meaning. */
const version = 1;
const hashBytes = 32;
/** No answer of one window is larger. */
const mostBytes = 512 * 2 ** 20;

/**
 * One file an answer, named by who was asked, what, and for which window. The SHA-256 of the content stands before it:
 * a file cut short by a full disk or a dying machine is asked for again.
 *
 * @param place who answers, e.g. the URL of the Prometheus
 */
export function diskCache(directory: string, place: string): Cache {
  const pathOf = (question: Question, { fromMs, toMs }: Window): string => {
    const name = digest({ version, place, ...question, fromMs, toMs });
    return join(directory, name.slice(0, 2), `${name.slice(2, 40)}.gz`);
  };
  return {
    async find(question, window) {
      try {
        const file = await readFile(pathOf(question, window));
        const content = await promisify(gunzip)(file.subarray(hashBytes), { maxOutputLength: mostBytes });
        return hashOf(content).equals(file.subarray(0, hashBytes)) ? unpackAnswer(content) : null;
      } catch {
        return null;
      }
    },
    async keep(question, window, answered) {
      const path = pathOf(question, window);
      const content = packAnswer(answered, gridIn(window, question.stepMs).count);
      await replace(path, Buffer.concat([hashOf(content), await promisify(gzip)(content, { level: 1 })]));
    },
  };
}

/** The file is there whole or not at all, whoever else writes it at the same time. */
async function replace(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.draft`;
  try {
    await writeFile(draft, bytes, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function hashOf(content: Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}
