import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a secret was found: the place, and the secret by its name. */
export type Found = string;

/** Secrets by name, and a search for them in everything that others can read: as they are, in base64, in hex. */
export class Canaries {
  readonly #needles: readonly (readonly [string, readonly Buffer[]])[];

  constructor(secrets: Readonly<Record<string, string>>) {
    this.#needles = Object.entries(secrets).map(([name, secret]) => [name, formsOf(secret)]);
  }

  in(place: string, content: string | Buffer): readonly Found[] {
    const bytes = Buffer.from(content);
    return this.#needles
      .filter(([, forms]) => forms.some((form) => bytes.includes(form)))
      .map(([name]) => `${name} in ${place}`);
  }

  /** In the bytes of every file of a folder. */
  inFolder(folder: string): readonly Found[] {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .flatMap((path) => this.in(path, readFileSync(path)));
  }

  /** In the command line of a process and of all that it started. */
  inArguments(pid: number): readonly Found[] {
    return [pid, ...descendants(pid)].flatMap((each) => {
      const path = `/proc/${each}/cmdline`;
      return existsSync(path) ? this.in(path, readFileSync(path)) : [];
    });
  }
}

function formsOf(secret: string): readonly Buffer[] {
  const bytes = Buffer.from(secret);
  // A text that begins at another byte of a group of three looks different in base64.
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice(shift === 0 ? 0 : 4, -4);
  });
  const escaped = encodeURIComponent(secret);
  return [secret, escaped, ...encoded, bytes.toString('hex')].map((form) => Buffer.from(form));
}

function descendants(pid: number): readonly number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
