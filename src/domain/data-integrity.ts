/** What became of the records of one thing over a step that replaced data. null: that was not counted. */
export interface DataIntegrity {
  /** What was counted, e.g. `mysql: orders`. */
  readonly name: string;
  /** Records just before the step. */
  readonly before: number | null;
  /** Records after it. */
  readonly after: number | null;
  /** Records that the copy was to bring back and that are not there. */
  readonly lost: number | null;
  /** Records that are there and are not what the copy holds. */
  readonly corrupted: number | null;
  /** Records that point to one that is not there. */
  readonly orphaned: number | null;
  /** How each was counted, for people. */
  readonly how: string;
}

export const integrityMeasures = ['lost', 'corrupted', 'orphaned'] as const;
export type IntegrityMeasure = (typeof integrityMeasures)[number];

/** Records over several things. */
export interface CountedRecords {
  /** Over the things that were counted; null where none was. */
  readonly records: number | null;
  /** Things that were not counted. */
  readonly uncounted: number;
}

/** What became of the records of an incident, or of many. */
export interface DataTally extends Readonly<Record<IntegrityMeasure, CountedRecords>> {
  /** Things whose data was replaced. */
  readonly things: number;
}

/** The sums over all of these things; null where there are none: no data was replaced. */
export function tallyOf(integrity: readonly DataIntegrity[]): DataTally | null {
  if (integrity.length === 0) return null;
  const count = (measure: IntegrityMeasure): CountedRecords => {
    const counts = integrity.map((thing) => thing[measure]);
    return sum(counts.map((records) => ({ records, uncounted: records === null ? 1 : 0 })));
  };
  return {
    things: integrity.length,
    lost: count('lost'),
    corrupted: count('corrupted'),
    orphaned: count('orphaned'),
  };
}

/** Several tallies as one; null where none of them replaced data. */
export function sumOfTallies(tallies: readonly (DataTally | null)[]): DataTally | null {
  const known = tallies.filter((tally) => tally !== null);
  if (known.length === 0) return null;
  return {
    things: known.reduce((total, { things }) => total + things, 0),
    lost: sum(known.map(({ lost }) => lost)),
    corrupted: sum(known.map(({ corrupted }) => corrupted)),
    orphaned: sum(known.map(({ orphaned }) => orphaned)),
  };
}

function sum(counts: readonly CountedRecords[]): CountedRecords {
  const known = counts.flatMap(({ records }) => (records === null ? [] : [records]));
  return {
    records: known.length === 0 ? null : known.reduce((total, records) => total + records, 0),
    uncounted: counts.reduce((total, { uncounted }) => total + uncounted, 0),
  };
}

/**
 * What people read: `0 lost, 0 corrupted, orphaned not counted`, with how many things a number leaves out where it leaves
 * some out.
 */
export function tallyInWords(tally: DataTally): string {
  return integrityMeasures
    .map((measure) => {
      const { records, uncounted } = tally[measure];
      if (records === null) return `${measure} not counted`;
      const without = uncounted === 0 ? '' : ` (${uncounted} of ${tally.things} not counted)`;
      return `${records} ${measure}${without}`;
    })
    .join(', ');
}

/** The line of a thing that nobody counted, and why. */
export function notCounted(name: string, why: string): DataIntegrity {
  return {
    name,
    before: null,
    after: null,
    lost: null,
    corrupted: null,
    orphaned: null,
    how: `not counted: ${why}`,
  };
}

/** The first of them, and one line for the rest, so that they are `most` at most. */
export function atMost(integrity: readonly DataIntegrity[], most: number): readonly DataIntegrity[] {
  if (integrity.length <= most) return integrity;
  const rest = integrity.slice(most - 1);
  const total = (measure: 'before' | 'after' | IntegrityMeasure): number | null => {
    const counts = rest.map((thing) => thing[measure]);
    // A sum that leaves some out would look like one that was counted.
    return counts.includes(null) ? null : counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  };
  return [
    ...integrity.slice(0, most - 1),
    {
      name: `${rest.length} more`,
      before: total('before'),
      after: total('after'),
      lost: total('lost'),
      corrupted: total('corrupted'),
      orphaned: total('orphaned'),
      how: rest[0]?.how ?? '',
    },
  ];
}
