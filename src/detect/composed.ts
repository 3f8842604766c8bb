import { partsOf, type Composing, type Part } from '../domain/composition.ts';
import { breaches } from '../domain/condition.ts';
import { messageOf } from '../domain/errors.ts';
import type { Source, Sources } from '../domain/ports/source.ts';
import type { Reading, Unknown } from '../domain/reading.ts';
import type { Rule } from '../domain/rule.ts';
import type { Subject } from '../domain/target.ts';
import type { Signal } from './signal.ts';
import { wordReading } from './wording.ts';

/** What one part says of a subject. */
export interface Said {
  readonly verdict: 'breach' | 'ok' | Unknown;
  readonly identity: string;
  readonly detail: string;
}

interface Wired extends Part {
  readonly from: Source;
}

/** From what the daemon most needs to hear of to what it can do without. */
const byWeight: readonly Unknown[] = ['error', 'no_data', 'insufficient', 'never_seen'];

/**
 * Several signals read as one probe, in three-valued logic (Kleene): `all` breaches only if every part does and is ok
 * as soon as one is; `any` is the dual. Whatever is left is unknown, which is never broken.
 *
 * @returns null when a source is not there
 */
export function composedSignal(rule: Rule, composing: Composing, sources: Sources): Signal | null {
  const parts = partsOf(rule).flatMap((part): Wired[] => {
    const from = sources[part.source.kind];
    return from === undefined ? [] : [{ ...part, from }];
  });
  if (parts.length < partsOf(rule).length) return null;
  const identities = parts.map(({ from, source }) => from.identity(source.options));
  return {
    kind: parts.map(({ from }) => from.kind).join(' and '),
    identities: [...new Set(identities)],
    get seesDeploys() {
      return parts.some(({ from }) => from.seesDeploys);
    },
    async read(subjects, signal) {
      const readings = await Promise.all(parts.map((part) => readPart(part, subjects, signal)));
      const at = latestOf(readings);
      return new Map(
        subjects.map(({ name }) => [
          name,
          compose(
            composing,
            parts.map((part, index) => say(part, readings[index]?.get(name))),
            at,
          ),
        ]),
      );
    },
    unmatched: () =>
      parts.reduce((sum, { from, source }) => sum + (from.unmatched?.(source.options) ?? 0), 0),
  };
}

/** When the last of these readings was made; there may be more of them than a call takes arguments. */
function latestOf(readings: readonly ReadonlyMap<string, Reading>[]): number {
  let latest = 0;
  for (const read of readings) for (const { at } of read.values()) latest = Math.max(latest, at);
  return latest;
}

/** What the parts say together. Pure. */
export function compose(composing: Composing, said: readonly Said[], at: number): Reading {
  const detail = said.map(({ detail }) => detail).join('; ');
  const [decides, otherwise] =
    composing === 'all' ? (['ok', 'breach'] as const) : (['breach', 'ok'] as const);
  const decided = said.some(({ verdict }) => verdict === decides);
  if (decided || said.every(({ verdict }) => verdict === otherwise))
    return { kind: 'probe', at, passed: (decided ? decides : otherwise) === 'ok', detail };
  const why = byWeight.find((unknown) => said.some(({ verdict }) => verdict === unknown)) ?? 'error';
  const blind = said.filter(({ verdict }) => verdict === 'error' || verdict === 'no_data');
  const unseen = [...new Set(blind.map(({ identity }) => identity))];
  return { kind: 'unknown', at, why, detail, unseen };
}

/** A source never rejects; one that does all the same is not to take the other parts with it. */
async function readPart(
  { from, source }: Wired,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Reading>> {
  try {
    return await from.read(source.options, subjects, signal);
  } catch (thrown) {
    const failed = { kind: 'unknown', at: 0, why: 'error', detail: messageOf(thrown) } as const;
    return new Map(subjects.map(({ name }) => [name, failed]));
  }
}

function say({ from, source, comparison }: Wired, reading: Reading | undefined): Said {
  const identity = from.identity(source.options);
  const told = (verdict: Said['verdict'], detail: string): Said => ({
    verdict,
    identity,
    detail: `${from.kind}: ${detail} (${verdict.replace('_', ' ')})`,
  });
  if (reading === undefined) return told('no_data', 'nothing for it');
  if (reading.kind === 'unknown') return told(reading.why, reading.detail);
  const compared = comparison === undefined ? {} : { comparison };
  const breaching = breaches(compared, reading);
  const verdict = typeof breaching === 'string' ? breaching : breaching ? 'breach' : 'ok';
  return told(verdict, wordReading(reading, { condition: { ...compared, forMs: 0 } }));
}
