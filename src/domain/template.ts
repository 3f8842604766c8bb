import type { Release } from './release.ts';
import { Secret } from './secret.ts';
import type { Target } from './target.ts';

/** What a template may speak of. The list is closed: rules cannot reach anything else. */
export interface TemplateScope {
  readonly target: Target | null;
  readonly from?: Release | null;
  readonly to?: Release | null;
  /** The incident that is verified, for checks that compare with its backup sets. Nobody writes `${incident}`. */
  readonly incident?: string | null;
}

/** Every word that `${…}` may hold. `target.labels.NAME` is open in its last part. */
export const templateWords = [
  'target.name',
  'target.address',
  'target.container',
  'target.link',
  'target.host',
  'from.id',
  'from.image',
  'from.commit',
  'from.link',
  'to.id',
  'to.image',
  'to.commit',
  'to.link',
] as const;

const pattern = /\$\{([^}]*)\}/g;

/** The words of all templates in a string that are not in the closed list. */
export function unknownTemplateWords(text: string): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '').filter((word) => !isWord(word));
}

function isWord(word: string): boolean {
  return (templateWords as readonly string[]).includes(word) || /^target\.labels\.[A-Za-z_]\w*$/.test(word);
}

/**
 * Fills in the templates of every string in a value. A word that has no value here stays as it is, so that
 * preflight can refuse it by name.
 */
export function render<T>(value: T, scope: TemplateScope): T {
  if (typeof value === 'string')
    return value.replace(pattern, (whole, word: string) => wordIn(word, scope) ?? whole) as T;
  if (Array.isArray(value)) return value.map((item) => render(item, scope)) as T;
  if (value === null || typeof value !== 'object' || value instanceof Secret) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, render(member, scope)])) as T;
}

function wordIn(word: string, { target, from, to, incident = null }: TemplateScope): string | null {
  if (word === 'incident') return incident;
  const [subject, field = '', name = ''] = word.split('.');
  if (subject === 'target' && target !== null) {
    if (field === 'labels') return target.labels[name] ?? null;
    if (field === 'link') return target.link?.path ?? null;
    if (field === 'name' || field === 'address' || field === 'container' || field === 'host')
      return target[field];
  }
  const release = subject === 'from' ? from : subject === 'to' ? to : null;
  if (!release) return null;
  return field === 'id' ? release.id : (release.components.find(({ kind }) => kind === field)?.value ?? null);
}
