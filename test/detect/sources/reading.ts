import type { Source } from '../../../src/domain/ports/source.ts';
import type { Reading } from '../../../src/domain/reading.ts';
import type { Subject } from '../../../src/domain/target.ts';
import { aTarget } from '../tracing.ts';

/** Targets with `service: NAME` as their label and an address of their own, if the test gives one. */
export function subjects(names: readonly string[], address: string | null = null): readonly Subject[] {
  return names.map((name) => ({ name, target: aTarget(name, { address }) }));
}

export const host: readonly Subject[] = [{ name: 'host:alpha', target: null }];

/** Reads options as written in YAML, and says each reading in one line. */
export async function read<Options>(
  source: Source<Options>,
  written: unknown,
  of: readonly Subject[],
  signal: AbortSignal = new AbortController().signal,
): Promise<Record<string, string>> {
  const readings = await source.read(source.options.parse(written), of, signal);
  return Object.fromEntries([...readings].map(([name, reading]) => [name, inOneLine(reading)]));
}

function inOneLine(reading: Reading): string {
  switch (reading.kind) {
    case 'value':
      return `${reading.value}: ${reading.detail}`;
    case 'probe':
      return `${reading.passed ? 'passed' : 'failed'}: ${reading.detail}`;
    case 'unknown':
      return `${reading.why}: ${reading.detail}`;
  }
}

/** What a schema says about options that it refuses, as `path: message`. */
export function objections(source: Pick<Source, 'options'>, written: unknown): string[] {
  const parsed = source.options.safeParse(written);
  if (parsed.success) return [];
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}
