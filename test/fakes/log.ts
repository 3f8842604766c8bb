import type { Log } from '../../src/domain/ports/log.ts';

/** A log that keeps its lines: `warn a message was not sent {"attempts":1}`. */
export class RecordedLog implements Log {
  readonly lines: string[] = [];

  info(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#keep('info', facts, message);
  }

  warn(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#keep('warn', facts, message);
  }

  error(facts: Readonly<Record<string, unknown>>, message: string): void {
    this.#keep('error', facts, message);
  }

  #keep(level: string, facts: Readonly<Record<string, unknown>>, message: string): void {
    const shown = JSON.stringify(facts, (_, value: unknown) =>
      value instanceof Error ? value.message : value,
    );
    this.lines.push(`${level} ${message} ${shown}`);
  }
}
