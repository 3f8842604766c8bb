import type { LabelSet } from './label-set.ts';

/** Labels as Prometheus writes them in messages: sorted, quoted, the name among them. */
export function written(set: LabelSet): string {
  return `{${set.names.map((name) => `${name}=${JSON.stringify(set.get(name))}`).join(', ')}}`;
}
