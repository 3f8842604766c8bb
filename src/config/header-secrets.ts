import { resolve } from 'node:path';
import { Secret } from '../domain/secret.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { asReference, resolveSecret } from './secrets.ts';

/**
 * What becomes of `{ file }` and `{ env }` in `headers:` of a pack. Signals get the secret itself, since they are read
 * at once. Steps keep the reference, with its path made absolute: plans are stored, and a secret must not be.
 */
type Use = 'value' | 'reference';

const sensitive = /authorization|cookie|token|secret|password|api-?key/i;

/**
 * The same place with the secrets of all its `headers:` fetched. One that is missing, and one that is written out, is a
 * problem there.
 */
export async function resolveHeaders(place: Place, context: ReadingContext): Promise<Place> {
  return place.with(await resolveIn(place, context, 'value'));
}

async function resolveIn(place: Place, context: ReadingContext, use: Use): Promise<unknown> {
  const { value, path } = place;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value))
    return Promise.all(value.map((_, index) => resolveIn(place.at(index), context, use)));
  const isStep = path[0] === 'playbooks' && path.length === 2;
  const resolved: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const at = place.at(key);
    if (key === 'headers') resolved[key] = await resolveMap(at, context, use);
    else resolved[key] = await resolveIn(at, context, isStep && key === 'steps' ? 'reference' : use);
  }
  return resolved;
}

async function resolveMap(place: Place, context: ReadingContext, use: Use): Promise<unknown> {
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
    const secret = (await resolveSecret(at, reference, context)) ?? new Secret('');
    const kept = 'file' in reference ? { file: resolve(context.folder, reference.file) } : reference;
    resolved[name] = use === 'value' ? secret : kept;
  }
  return resolved;
}
