import { isComposed } from '../domain/composition.ts';
import type { Source, Sources } from '../domain/ports/source.ts';
import type { Rule } from '../domain/rule.ts';
import { withBaseline } from './baseline.ts';
import { composedSignal } from './composed.ts';
import type { Signal } from './signal.ts';

/**
 * What a rule reads through. A source that is itself named `all` or `any` is taken as it is.
 *
 * @returns null when a source is not there
 */
export function signalOf(rule: Rule, sources: Sources): Signal | null {
  const { kind, options } = rule.source;
  const source = sources[kind];
  if (source !== undefined) return singleSignal(rule, source, options);
  return isComposed(kind) ? composedSignal(rule, kind, sources) : null;
}

function singleSignal(rule: Rule, source: Source, options: unknown): Signal {
  return {
    kind: source.kind,
    identities: [source.identity(options)],
    get seesDeploys() {
      return source.seesDeploys;
    },
    read: async (subjects, signal) =>
      withBaseline(rule, source, await source.read(options, subjects, signal), { subjects, signal }),
    unmatched: () => source.unmatched?.(options) ?? 0,
  };
}
