import { join, normalize } from 'node:path';
import { z } from 'zod';
import type { StackTarget, SwarmTarget } from '../domain/target.ts';
import type { Place } from './place.ts';
import { absolutePath } from './scalars.ts';

const projectName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'expected the name of a Compose project: lower-case letters, digits, _ and -',
  );
const serviceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, 'expected the name of a service: letters, digits, _ . and -');
const somePath = z
  .string()
  .refine((path) => path !== '' && !path.split('/').includes('..') && !/\p{Cc}/u.test(path), {
    error: 'expected a path without .. in it, relative to the directory or absolute',
  });

/** The keys of `stack`. */
export const stackShape = {
  project: projectName.describe('Name of the Compose project'),
  directory: absolutePath.describe('The directory of its files; what they say of paths is relative to it'),
  files: z
    .array(somePath)
    .min(1)
    .optional()
    .describe('Compose files in the directory; [docker-compose.yml] unless stated'),
  env_file: somePath.optional().describe('Of its variables; .env in the directory unless stated'),
  services: z
    .array(serviceName)
    .min(1)
    .optional()
    .describe('The services that belong to the target; all of the project unless stated'),
};

/** The keys of `swarm`. */
export const swarmShape = {
  service: serviceName.describe('Name of the service'),
};

/** Reads `stack`, with paths made absolute; null: the target is none. */
export function readStack(place: Place): StackTarget | null {
  if (place.value === undefined) return null;
  const fields = place.fields(stackShape);
  const directory = normalize(fields.directory ?? '/').replace(/(.)\/$/, '$1');
  const files = fields.files ?? ['docker-compose.yml'];
  const absolute = (path: string): string => (path.startsWith('/') ? normalize(path) : join(directory, path));
  for (const [list, words] of [
    ['files', files],
    ['services', fields.services ?? []],
  ] as const)
    for (const [index, word] of words.entries())
      if (words.indexOf(word) < index) place.at(list).at(index).problem(`${word} is listed twice`);
  return {
    project: fields.project ?? '',
    directory,
    files: files.map(absolute),
    envFile: fields.env_file === undefined ? null : absolute(fields.env_file),
    services: fields.services ?? null,
  };
}

/** Reads `swarm`; null: the target is none. */
export function readSwarm(place: Place): SwarmTarget | null {
  if (place.value === undefined) return null;
  const { service } = place.fields(swarmShape);
  return { service: service ?? '' };
}
