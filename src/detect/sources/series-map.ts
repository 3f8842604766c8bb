import type { Subject } from '../../domain/target.ts';

type Labels = Readonly<Record<string, string>>;

/** Finds the subjects that series belong to by the labels of their targets, in constant time a series. */
export interface SeriesMap {
  /** Names of the subjects whose labels the series carries, all of them. */
  find(labels: Labels): readonly string[];
  /** Whether the series carries the names of the subject's labels, whatever their values. */
  speaksOf(labels: Labels, subject: Subject): boolean;
}

interface Group {
  readonly names: readonly string[];
  readonly subjects: ReadonlyMap<string, readonly string[]>;
}

const nobody: readonly string[] = [];

export function seriesMap(subjects: readonly Subject[]): SeriesMap {
  const groups = groupByLabelNames(subjects);
  return {
    find(labels) {
      let found = nobody;
      for (const { names, subjects: byValues } of groups) {
        const values = valuesOf(labels, names);
        const here = values === null ? undefined : byValues.get(values);
        if (here !== undefined) found = found.length === 0 ? here : [...found, ...here];
      }
      return found;
    },
    speaksOf: (labels, { target }) =>
      target !== null && Object.keys(target.labels).every((name) => labels[name] !== undefined),
  };
}

function groupByLabelNames(subjects: readonly Subject[]): readonly Group[] {
  const groups = new Map<string, { names: readonly string[]; subjects: Map<string, string[]> }>();
  for (const { name, target } of subjects) {
    if (target === null) continue;
    const names = Object.keys(target.labels).sort();
    const id = names.join('\0');
    const group = groups.get(id) ?? { names, subjects: new Map<string, string[]>() };
    groups.set(id, group);
    const values = valuesOf(target.labels, names) ?? '';
    group.subjects.set(values, [...(group.subjects.get(values) ?? []), name]);
  }
  return [...groups.values()];
}

/** The values of these labels as one key; null when one of them is missing. */
function valuesOf(labels: Labels, names: readonly string[]): string | null {
  let key = '';
  for (const name of names) {
    const value = labels[name];
    if (value === undefined) return null;
    key += `${value}\0`;
  }
  return key;
}
