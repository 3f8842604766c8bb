import { z } from 'zod';
import { composings, isComposed, partsOf, type Composing, type Part } from '../domain/composition.ts';
import type { Sources } from '../domain/ports/source.ts';
import type { Rule } from '../domain/rule.ts';
import { comparisonShape, operatorsAt, readComparison } from './comparisons.ts';
import type { TemplateUse } from './placeholders.ts';
import type { Place } from './place.ts';
import { readSignal, type Signal } from './signals.ts';

/** How many signals one rule may be composed of. */
const mostParts = 10;
/** What a level says, not a signal. */
const countingKeys = ['for', 'failures', 'need'] as const;
type Use = Exclude<TemplateUse, 'none'>;

/** The keys by which a rule names what it reads. */
export function signalKeys(sources: Sources): readonly string[] {
  return [...Object.keys(sources), ...composings];
}

/** What a rule reads: one source, or `all:` or `any:` of several signals. null after a problem. */
export function readRuleSignal(place: Place, sources: Sources, use: Use): Signal | null {
  const [composing] = composings.filter((key) => place.has(key));
  if (composing === undefined) return readSignal(place, sources, use);
  for (const other of signalKeys(sources))
    if (other !== composing && place.has(other))
      place.at(other).problem(`one source is enough: ${composing} is there already`, 'key');
  return readComposed(place.at(composing), composing, { sources, use });
}

interface Reading {
  readonly sources: Sources;
  readonly use: Use;
}

function readComposed(place: Place, composing: Composing, reading: Reading): Signal | null {
  const items = place.items('signals, e.g. - { docker: healthy }');
  if (!Array.isArray(place.value)) return null;
  if (items.length < 2 || items.length > mostParts)
    place.problem(`expected 2 to ${mostParts} signals, got ${items.length}`);
  const read = items.map((item) => readPart(item, composing, reading));
  const found = read.filter((part) => part !== null);
  if (found.length < items.length) return null;
  return {
    kind: composing,
    options: { parts: found.map(({ part }) => part) },
    measures: 'probe',
    unit: 'number',
    windowMs: Math.max(0, ...found.map(({ signal }) => signal.windowMs)),
    hasPast: false,
  };
}

function readPart(
  place: Place,
  composing: Composing,
  { sources, use }: Reading,
): { readonly part: Part; readonly signal: Signal } | null {
  const loose = Object.fromEntries(
    [...signalKeys(sources), ...countingKeys, 'floor'].map((key) => [key, z.unknown().optional()]),
  );
  const fields = place.fields({ ...loose, ...comparisonShape });
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  const [nested] = composings.filter((key) => place.has(key));
  if (nested !== undefined) {
    place
      .at(nested)
      .problem(`${nested} inside of ${composing}: it goes one level deep; write two rules instead`, 'key');
    return null;
  }
  for (const key of countingKeys)
    if (place.has(key))
      place.at(key).problem(`belongs to the levels: they count what ${composing} says as a whole`, 'key');
  const signal = readSignal(place, sources, use);
  if (signal === null) return null;
  return withComparison(place, { fields, signal, composing });
}

function withComparison(
  place: Place,
  {
    fields,
    signal,
    composing,
  }: {
    readonly fields: Parameters<typeof readComparison>[1];
    readonly signal: Signal;
    readonly composing: Composing;
  },
): { readonly part: Part; readonly signal: Signal } | null {
  const source = { kind: signal.kind, options: signal.options };
  const [operator] = operatorsAt(place);
  if (signal.measures === 'probe') {
    if (operator !== undefined)
      place
        .at(operator)
        .problem(`${signal.kind} only passes or fails here; it goes without a comparison`, 'key');
    return { part: { source }, signal };
  }
  if (operator === undefined) {
    place.problem(`${signal.kind} measures a value here; add e.g. above: 90%`);
    return null;
  }
  const timeless = `the signals of ${composing} have no baseline; compare with an absolute value`;
  const comparison = readComparison(place, fields, { signal, timeless });
  return comparison === null ? null : { part: { source, comparison }, signal };
}

/** The signals of a rule, and where each is written. */
export function placedParts(place: Place, rule: Rule): readonly (Part & { readonly at: Place })[] {
  const { kind } = rule.source;
  return partsOf(rule).map((part, index) => ({
    ...part,
    at: isComposed(kind) ? place.at(kind).at(index) : place,
  }));
}
