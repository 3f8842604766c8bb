import type { JsonObject } from '../docker/facts.ts';
import type { Specification } from '../docker/specification.ts';

/** What is recorded of a release of a stack: enough to bring it back whatever its files say by then. Holds secrets. */
export interface StackRecord {
  readonly version: 1;
  readonly kind: 'stack';
  /** The files as they were, for people. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** The project as Compose read it from them: complete, with every variable filled in. */
  readonly model: JsonObject;
  readonly services: Readonly<Record<string, ServiceRecord>>;
}

/** What ran of one service. */
export interface ServiceRecord {
  /** Image id. */
  readonly image: string;
  readonly label: string;
  readonly specification: Specification;
}

/** Reads the text that was sealed; null when it is of another kind or a newer version. */
export function readStackRecord(text: string): StackRecord | null {
  const record = JSON.parse(text) as Partial<StackRecord>;
  return record.version === 1 && record.kind === 'stack' ? (record as StackRecord) : null;
}
