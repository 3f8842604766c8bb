import type { Source, Sources } from '../domain/ports/source.ts';
import type { Unit } from '../domain/quantity.ts';
import { checkTemplates, holdPlaces, type TemplateUse } from './placeholders.ts';
import type { Place } from './place.ts';
import { judge } from './wording.ts';

/** What a rule or check reads: a source, and its options as the source's own schema understood them. */
export interface Signal {
  readonly kind: string;
  readonly options: unknown;
  readonly measures: 'value' | 'probe';
  readonly unit: Unit;
  readonly windowMs: number;
  /** Its past can be asked for: thresholds may be in times a baseline. */
  readonly hasPast: boolean;
}

/** How a rule of hosts can read all the same. */
const hints: Readonly<Record<string, string>> = {
  docker: '; name a container, e.g. docker: { measure: running, container: cache }',
};

/** One query serves all targets: there is nothing to fill in. */
const promql: ReadonlySet<string> = new Set(['prometheus', 'scrape']);

/** Later requests use what earlier ones captured. */
const capturing: ReadonlySet<string> = new Set(['sequence']);

/**
 * The one source that a map names, e.g. by the key `docker:`. All that is wrong, down to the options, is reported.
 *
 * @returns null when there is none, or its options are wrong
 */
export function readSignal(place: Place, sources: Sources, use: Exclude<TemplateUse, 'none'>): Signal | null {
  const kinds = Object.keys(sources).filter((kind) => place.has(kind));
  const [kind, ...others] = kinds;
  if (kind === undefined) {
    place.problem(`reads nothing; expected one of ${Object.keys(sources).join(', ')}`, 'key');
    return null;
  }
  for (const other of others)
    place.at(other).problem(`one source is enough: ${kind} is there already`, 'key');
  const source = sources[kind];
  if (source === undefined) return null;
  return readOptions(place.at(kind), source, promql.has(kind) ? 'none' : use);
}

function readOptions(place: Place, source: Source, use: TemplateUse): Signal | null {
  const before = place.findings.problems.length;
  checkTemplates(place, use, capturing.has(source.kind));
  if (place.findings.problems.length > before) return null;
  const { held, restore } = holdPlaces(place.value);
  const judged = judge(source.options, held);
  if (!judged.ok) {
    for (const { path, onKey, message } of judged.objections)
      path.reduce<Place>((at, key) => at.at(key), place).problem(restore(message), onKey ? 'key' : 'value');
    return null;
  }
  const options = restore(judged.value);
  if (use === 'host rule' && source.onTargetsOnly?.(options) === true) {
    place.problem(`reads of targets, and a rule with scope: host has none${hints[source.kind] ?? ''}`, 'key');
    return null;
  }
  return {
    kind: source.kind,
    options,
    measures: source.signal(options),
    unit: source.unit(options),
    windowMs: source.windowMs(options),
    hasPast: source.baselines !== undefined,
  };
}
