import { resolve } from 'node:path';
import { isLeftOut } from './checks.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { asReference, resolveSecret, type SecretReference } from './secrets.ts';

const sensitive = /authorization|cookie|token|secret|password|api-?key/i;

/**
 * The same place with the secrets of all its `headers:`, and of the JSON that a `sequence:` sends, looked up once: one that is missing, and one that is written
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
  if (isLeftOut(value, context)) return value;
  const resolved: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const at = place.at(key);
    if (key === 'headers') resolved[key] = await resolveMap(at, context);
    else if (key === 'sequence') resolved[key] = await resolveSteps(at, context);
    else resolved[key] = await resolveIn(at, context);
  }
  return resolved;
}

/** Only the bodies of a sequence: JSON that is sent elsewhere is what it says, and what is expected is no secret. */
async function resolveSteps(place: Place, context: ReadingContext): Promise<unknown> {
  const resolved = await resolveIn(place, context);
  const steps = place.at('steps');
  if (!Array.isArray(steps.value)) return resolved;
  const withBodies = steps.value.map(async (written: unknown, index) => {
    const step = (resolved as { readonly steps: readonly unknown[] }).steps[index];
    if (written === null || typeof written !== 'object' || !('json' in written)) return step;
    return { ...(step as object), json: await resolveBody(steps.at(index).at('json'), context) };
  });
  return { ...(resolved as object), steps: await Promise.all(withBodies) };
}

async function resolveBody(place: Place, context: ReadingContext): Promise<unknown> {
  const { value } = place;
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value))
    return Promise.all(value.map((_, index) => resolveBody(place.at(index), context)));
  const reference = asReference(value);
  if (reference !== null) return resolveReference(place, reference, context);
  const resolved: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string') refuseWritten(place.at(name), name, member);
    resolved[name] = await resolveBody(place.at(name), context);
  }
  return resolved;
}

async function resolveReference(
  place: Place,
  reference: SecretReference,
  context: ReadingContext,
): Promise<SecretReference> {
  await resolveSecret(place, reference, context);
  return 'file' in reference ? { file: resolve(context.folder, reference.file) } : reference;
}

/** What was captured, such as a token, is no secret that is written out. */
function refuseWritten(place: Place, name: string, written: string): void {
  if (sensitive.test(name) && !written.includes('${capture.'))
    place.problem('looks like a secret; expected { file: PATH } or { env: NAME }');
}

async function resolveMap(place: Place, context: ReadingContext): Promise<unknown> {
  const { value } = place;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const resolved: Record<string, unknown> = {};
  for (const [name, written] of Object.entries(value)) {
    const at = place.at(name);
    const reference = asReference(written);
    if (typeof written === 'string') refuseWritten(at, name, written);
    if (reference === null) {
      resolved[name] = written;
      continue;
    }
    resolved[name] = await resolveReference(at, reference, context);
  }
  return resolved;
}
