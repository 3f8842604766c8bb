import { inspect } from 'node:util';

const shown = '[secret]';

/** A value that never prints itself: not in logs, JSON, templates or inspections. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it only where it leaves the process on purpose, e.g. in a header. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
