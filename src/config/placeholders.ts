import { digest } from '../domain/json.ts';
import { templateWords, unknownTemplateWords } from '../domain/template.ts';
import { nearest } from './suggest.ts';
import type { Place } from './place.ts';

/** What an earlier request of a sequence captured: it is filled in there, when it is known. */
const captured = /^capture\.[a-z][a-z0-9_]*$/;

/** Which words templates may use: rules know the target, playbooks the releases too, host rules neither. */
export type TemplateUse = 'rule' | 'host rule' | 'playbook' | 'none';

/**
 * Options with templates, ready for a schema that expects the real thing.
 *
 * `${target.address}/health` is no URL until it is filled in, yet it has to be validated when the file is read. So
 * each template is replaced by a placeholder of the kind its word stands for (an address, a path, an image id), the
 * schema judges and transforms that, and `restore` puts the templates back into whatever strings came out.
 */
export function holdPlaces(written: unknown): {
  readonly held: unknown;
  readonly restore: <T>(value: T) => T;
} {
  const words = new Set<string>();
  const held = mapStrings(written, (string) =>
    string.replace(template, (whole, word: string) => {
      if (captured.test(word)) return whole;
      words.add(word);
      return placeholderFor(word);
    }),
  );
  const restoreString = (string: string): string =>
    [...words].reduce((rest, word) => rest.replaceAll(placeholderFor(word), `\${${word}}`), string);
  return { held, restore: <T>(value: T): T => mapStrings(value, restoreString) as T };
}

/** Reports every template that cannot be used here, at the string that holds it. `captures`: `${capture.NAME}` can. */
export function checkTemplates(place: Place, use: TemplateUse, captures = false): void {
  const { value } = place;
  if (typeof value === 'string') return checkString(place, value, { use, captures });
  if (value === null || typeof value !== 'object') return;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value))
    checkTemplates(place.at(key), use, captures);
}

/** The words of all templates in a value. */
export function wordsIn(value: unknown): ReadonlySet<string> {
  const words = new Set<string>();
  mapStrings(value, (string) => {
    for (const [, word = ''] of string.matchAll(template)) words.add(word);
    return string;
  });
  return words;
}

const template = /\$\{([^}]*)\}/g;

function checkString(
  place: Place,
  value: string,
  { use, captures }: { readonly use: TemplateUse; readonly captures: boolean },
): void {
  if (value.replace(template, '').includes('${'))
    return place.problem('holds a template without its closing }');
  const words = [...wordsIn(value)].filter((word) => !captures || !captured.test(word));
  if (words.length === 0) return;
  if (use === 'none') return place.problem('templates are not allowed inside PromQL');
  for (const word of new Set(unknownTemplateWords(value)).intersection(new Set(words))) {
    const near = nearest(word, templateWords);
    place.problem(
      `unknown template word ${word}${near === null ? `; known: ${templateWords.join(', ')}, target.labels.NAME` : `, did you mean ${near}?`}`,
    );
  }
  const known = words.filter((word) => unknownTemplateWords(`\${${word}}`).length === 0);
  for (const word of known) {
    if (use === 'host rule')
      place.problem(`a rule with scope: host has no target, so ${word} means nothing here`);
    if (use === 'rule' && !word.startsWith('target.'))
      place.problem(`${word} is known only while rolling back, in playbooks`);
  }
}

function placeholderFor(word: string): string {
  const hex = digest(word);
  if (word === 'target.address') return `http://x${hex.slice(0, 12)}.invalid`;
  if (word.endsWith('.commit')) return hex.slice(0, 40);
  if (word.endsWith('.image')) return `sha256:${hex}`;
  if (word.endsWith('.id')) return `r-${hex.slice(0, 12)}`;
  if (word.endsWith('.link')) return `/x${hex.slice(0, 12)}.invalid`;
  return `x${hex.slice(0, 12)}.invalid`;
}

function mapStrings(value: unknown, change: (string: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapStrings(member, change)]));
}
