import { resolve } from 'node:path';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { asReference, resolveSecret } from './secrets.ts';

const sensitive = /authorization|cookie|token|secret|password|api-?key/i;

/**
 * The same place with the secrets of all its `headers:` looked up once: one that is missing, and one that is written
 * out, is a problem there. What is kept is the reference, its path made absolute: rules and plans of an incident are
 * stored, and a secret must not be.
 */
export async function resolveHeaders(place: Place, context: ReadingContext): Promise<Place> {
  return place.with(await resolveIn(place, context));
}

async function resolveIn(place: Place, context: ReadingContext): Promise<unknown> {
  const { value } = place;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return Promise.all(value.map((_, index) => resolveIn(place.at(index), context)));
  const resolved: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const at = place.at(key);
    if (key === 'headers') resolved[key] = await resolveMap(at, context);
    else resolved[key] = await resolveIn(at, context);
  }
  return resolved;
}

async function resolveMap(place: Place, context: ReadingContext): Promise<unknown> {
  const { value } = place;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const resolved: Record<string, unknown> = {};
  for (const [name, written] of Object.entries(value)) {
    const at = place.at(name);
    const reference = asReference(written);
    if (typeof written === 'string' && sensitive.test(name))
      at.problem('looks like a secret; expected { file: PATH } or { env: NAME }');
    if (reference === null) {
      resolved[name] = written;
      continue;
    }
    await resolveSecret(at, reference, context);
    resolved[name] = 'file' in reference ? { file: resolve(context.folder, reference.file) } : reference;
  }
  return resolved;
}
