import type { HttpAnswer } from '../../clients/http.ts';
import type { HttpProbe } from './http-options.ts';

/** What is wrong with an answer; null when it is as expected. */
export function complaint({ status, body }: HttpAnswer, expect: HttpProbe['expect']): string | null {
  const { statuses } = expect;
  const expected = statuses === null ? status >= 200 && status < 300 : statuses.includes(status);
  if (!expected) return `answered ${status}, expected ${statuses === null ? '2xx' : statuses.join(' or ')}`;
  if (expect.body !== null && !body.includes(expect.body))
    return `answered ${status}, but the body lacks ${shown(expect.body)}`;
  if (!('json' in expect)) return null;
  const parsed = parse(body);
  if (parsed === null) return `answered ${status}, but the body is not JSON`;
  const difference = lacks(parsed.value, expect.json, '');
  return difference === null ? null : `answered ${status}, but ${difference}`;
}

function parse(body: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(body) as unknown };
  } catch {
    return null;
  }
}

/** The first place where `actual` is not at least `wanted`: objects may have more members, lists may not. */
function lacks(actual: unknown, wanted: unknown, path: string): string | null {
  if (wanted === null || typeof wanted !== 'object')
    return actual === wanted ? null : `${path || 'the body'} is ${shown(actual)}, expected ${shown(wanted)}`;
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual) !== Array.isArray(wanted))
    return `${path || 'the body'} is ${shown(actual)}, expected ${shown(wanted)}`;
  if (Array.isArray(wanted) && Array.isArray(actual) && wanted.length !== actual.length)
    return `${path || 'the body'} has ${actual.length} elements, expected ${wanted.length}`;
  for (const [name, member] of Object.entries(wanted)) {
    const own = Object.hasOwn(actual, name) ? (actual as Record<string, unknown>)[name] : undefined;
    const difference = lacks(own, member, path === '' ? name : `${path}.${name}`);
    if (difference !== null) return difference;
  }
  return null;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
