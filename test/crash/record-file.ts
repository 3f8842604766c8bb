import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Act } from './act.ts';

/** The file of a stage in which the recording program writes. */
export function ledgerIn(folder: string): string {
  return join(folder, 'records');
}

/** A line of the recording program. */
interface Line {
  readonly word: string;
  readonly act: string;
  readonly step: string;
  readonly opId: string;
  readonly pid: string;
  /** Of a restart: the link that it met, and the directory that it led to. */
  readonly link: string;
  readonly directory: string;
}

/** What may be done again by its nature: how often it was done tells nothing. */
const repeatable = ['restart', 'up', 'back', 'build'];

/** What the recording program wrote down. */
export class RecordFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Acts that happened. A restart may be repeated, so what it tells is the switches that it met. */
  acts(): readonly Act[] {
    const begun = this.#lines().filter(({ word }) => word === 'begin');
    const acts = begun
      .filter(({ act }) => !repeatable.includes(act))
      .map(({ step, act, opId }) => ({ step, act, opId }));
    const switches = new Map(
      begun
        .filter(({ act }) => act === 'restart')
        .map(({ step, opId, link, directory }) => [
          `${link} ${opId} ${directory}`,
          { step, act: `switch to ${directory}`, opId },
        ]),
    );
    return [...acts, ...switches.values()];
  }

  /** How often the service behind the link was restarted into a directory. */
  restarts(directory: string): number {
    return this.#lines().filter((line) => line.word === 'begin' && line.directory === directory).length;
  }

  /** Whether the step of this name has been done, and not been undone since. */
  isDone(step: string): boolean {
    const ended = this.#lines().filter((line) => line.word === 'end' && line.step === step);
    return ended.at(-1)?.act === 'do';
  }

  /** What is at work now, as in `do drain`. */
  atWork(): readonly string[] {
    const lines = this.#lines();
    const ended = new Set(lines.filter(({ word }) => word === 'end').map(({ pid }) => pid));
    return lines
      .filter(({ word, pid }) => word === 'begin' && !ended.has(pid))
      .map(({ act, step }) => `${act} ${step}`);
  }

  /** Keeps this at work, once it has begun, until the returned function is called. */
  hold(work: string): () => void {
    const file = `${this.path}.${work.replace(' ', '.')}`;
    writeFileSync(file, '');
    return () => rmSync(file, { force: true });
  }

  /** Steps of which two were at work at one time, by name. */
  overlaps(): readonly string[] {
    const working = new Map<string, string>();
    const found: string[] = [];
    for (const { word, step, pid } of this.#lines()) {
      if (word === 'begin' && working.has(step)) found.push(step);
      if (word === 'begin') working.set(step, pid);
      if (word === 'end' && working.get(step) === pid) working.delete(step);
    }
    return found;
  }

  #lines(): Line[] {
    if (!existsSync(this.path)) return [];
    const lines = readFileSync(this.path, 'utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const [word = '', act = '', step = '', opId = '', pid = '', link = '', directory = ''] =
          line.split(' ');
        return { word, act, step, opId, pid, link, directory };
      });
  }
}
