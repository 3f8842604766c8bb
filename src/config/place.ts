import { z, type ZodType } from 'zod';
import type { Problem } from '../domain/configuration.ts';
import { judge } from './wording.ts';
import { pathName, type Path, type YamlDocument } from './yaml-document.ts';

/** What was found while reading: problems refuse the configuration, warnings go with it. */
export interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

type Shape = Readonly<Record<string, ZodType>>;
/** What was meant by each key; undefined where it was left out, or was wrong and has been reported. */
export type Fields<S extends Shape> = { readonly [K in keyof S]?: z.output<S[K]> | undefined };

/** A value in a file that knows where it stands, so that whatever is found wrong with it can be shown there. */
export class Place {
  readonly document: YamlDocument;
  readonly path: Path;
  readonly value: unknown;
  readonly findings: Findings;

  constructor(document: YamlDocument, findings: Findings, path: Path, value: unknown) {
    this.document = document;
    this.findings = findings;
    this.path = path;
    this.value = value;
  }

  at(key: string | number): Place {
    const inside = this.value !== null && typeof this.value === 'object' && Object.hasOwn(this.value, key);
    const value: unknown = inside ? (this.value as Record<string | number, unknown>)[key] : undefined;
    return new Place(this.document, this.findings, [...this.path, key], value);
  }

  /** A scalar as it is written, whatever YAML makes of it: `0x40` is not 64. null for anything else. */
  source(): string | null {
    return this.document.source(this.path);
  }

  /** The same place with another value, e.g. with its templates filled in. */
  with(value: unknown): Place {
    return new Place(this.document, this.findings, this.path, value);
  }

  has(key: string): boolean {
    return this.at(key).value !== undefined;
  }

  problem(message: string, what: 'key' | 'value' = 'value'): void {
    this.findings.problems.push(this.#finding(message, what));
  }

  /** @param code the finding that it is, explained in docs/lint.md */
  warning(message: string, code: `${string}/${string}`, what: 'key' | 'value' = 'value'): void {
    this.findings.warnings.push({ ...this.#finding(message, what), code });
  }

  /** What was meant, or undefined after reporting all that is wrong. */
  read<T>(schema: ZodType<T>): T | undefined {
    const judged = judge(schema, this.value);
    if (judged.ok) return judged.value;
    for (const { path, onKey, message } of judged.objections)
      path.reduce<Place>((place, key) => place.at(key), this).problem(message, onKey ? 'key' : 'value');
    return undefined;
  }

  /**
   * The members of a map with exactly these keys. All that is wrong is reported at once; what is right is
   * returned all the same, so that the checks that follow find the rest.
   */
  fields<S extends Shape>(shape: S): Fields<S> {
    if (this.read(z.strictObject(shape)) !== undefined || this.#isMap())
      return Object.fromEntries(
        Object.entries(shape).map(([key, schema]) => {
          const judged = judge(schema, this.at(key).value);
          return [key, judged.ok ? judged.value : undefined];
        }),
      ) as Fields<S>;
    return {};
  }

  /** The members of a map with any keys; none, after a problem, when it is not a map. */
  entries(what: string): (readonly [string, Place])[] {
    if (this.value === undefined) return [];
    if (!this.#isMap()) {
      this.problem(`expected a map of ${what}`);
      return [];
    }
    return Object.keys(this.value as object).map((key) => [key, this.at(key)] as const);
  }

  /** The items of a list; none, after a problem, when it is not a list. */
  items(what: string): Place[] {
    if (this.value === undefined) return [];
    if (Array.isArray(this.value)) return this.value.map((_, index) => this.at(index));
    this.problem(`expected a list of ${what}`);
    return [];
  }

  #isMap(): boolean {
    return this.value !== null && typeof this.value === 'object' && !Array.isArray(this.value);
  }

  #finding(message: string, what: 'key' | 'value'): Problem {
    return {
      file: this.document.file,
      ...this.document.position(this.path, what),
      path: pathName(this.path),
      message,
    };
  }
}
