import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { keepNewest } from './records.ts';

const KIB = 1024;
const headBytes = 128 * KIB;
const tailBytes = 128 * KIB;
/** A child may write this much between two looks at its file before the file is cut. */
const cutAboveBytes = 4 * 1024 * KIB;
const keptFiles = 200;

/**
 * What a child writes, in a file of its own: a child that outlives its daemon writes on without a broken pipe.
 * Of long output the first and the last 128 KiB are kept.
 */
export class OutputFile {
  readonly path: string;
  /** Handed to the child as its standard output and error. */
  readonly descriptor: number;
  #head: Buffer | null = null;
  #tail: Buffer = Buffer.alloc(0);
  #cutBytes = 0;

  constructor(directory: string, name: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    keepNewest(directory, keptFiles);
    this.path = join(directory, `${name}.log`);
    // Appending, so that the child goes on at the new end after its file was cut.
    openAndClose(this.path);
    this.descriptor = openSync(this.path, 'a+', 0o600);
  }

  /** Cuts the file when it has grown too long. Called from time to time while the child runs. */
  cut(): void {
    const size = fstatSync(this.descriptor).size;
    if (size <= cutAboveBytes) return;
    this.#take(size);
    ftruncateSync(this.descriptor, 0);
  }

  /** Everything kept, as text; the file is left holding the same. */
  finish(): string {
    this.#take(fstatSync(this.descriptor).size);
    const head = this.#head ?? Buffer.alloc(0);
    const leftOut = this.#cutBytes - head.length - this.#tail.length;
    const gap = leftOut > 0 ? `\n[${leftOut} bytes left out]\n` : '';
    const text = head.toString('utf8') + gap + this.#tail.toString('utf8');
    ftruncateSync(this.descriptor, 0);
    writeSync(this.descriptor, text);
    return text;
  }

  close(): void {
    closeSync(this.descriptor);
  }

  #take(size: number): void {
    this.#cutBytes += size;
    let from = 0;
    if (this.#head === null) {
      this.#head = this.#read(0, Math.min(size, headBytes));
      from = this.#head.length;
    }
    const start = Math.max(from, size - tailBytes);
    const fresh = this.#read(start, size - start);
    this.#tail = Buffer.concat([this.#tail, fresh]).subarray(-tailBytes);
  }

  #read(position: number, length: number): Buffer {
    const buffer = Buffer.alloc(Math.max(0, length));
    return buffer.subarray(0, readSync(this.descriptor, buffer, 0, buffer.length, position));
  }
}

function openAndClose(path: string): void {
  closeSync(openSync(path, 'w', 0o600));
}
