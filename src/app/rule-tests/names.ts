import type { Place } from '../../config/place.ts';
import { unknownWord } from '../../config/suggest.ts';
import type { Labels } from '../../domain/labels.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Where } from '../../rehearse/rule-test.ts';
import { readSeriesName } from '../../rehearse/series-name.ts';
import type { NotationFlaw } from '../../rehearse/series-notation.ts';

/** What is written in a test file, found in the configuration that it is about. */

/** Where the value at a place is written. */
export function whereOf(place: Place, file: string): Where {
  return { file, ...place.document.position(place.path, 'value') };
}

/** The target that is written, or the only one there is. */
export function targetAt(place: Place, written: string | undefined, targets: readonly string[]): string {
  if (written !== undefined) {
    if (!targets.includes(written))
      place.at('target').problem(unknownWord('unknown target', written, targets));
    return written;
  }
  const [only, ...others] = targets;
  if (others.length > 0) place.problem(`names no target; there are ${targets.join(', ')}`, 'key');
  return only ?? '';
}

/** A rule by its name, or by `pack/name`; null after a problem. */
export function ruleAt(
  place: Place,
  written: string,
  rules: readonly Rule[],
  what: 'key' | 'value',
): Rule | null {
  const [found, other] = rules.filter(({ id, name }) => id === written || name === written);
  if (found === undefined)
    place.problem(
      unknownWord(
        'unknown rule',
        written,
        rules.map(({ name }) => name),
      ),
      what,
    );
  else if (other !== undefined)
    place.problem(`several packs have a rule ${written}; write ${found.id} or ${other.id}`, what);
  return other === undefined ? (found ?? null) : null;
}

/** The labels that a text names; null after a problem. */
export function labelsAt(place: Place, text: string): Labels | null {
  return unflawed(place, readSeriesName(text));
}

/** What was read; null after reporting what is wrong with the notation. */
export function unflawed<T extends object>(place: Place, read: T | NotationFlaw): T | null {
  if (!('problem' in read) || typeof read.problem !== 'string' || !('offset' in read)) return read as T;
  const { offset, problem } = read;
  place.problem(`${problem} (at character ${offset + 1})`);
  return null;
}
