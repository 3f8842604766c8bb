import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { RollbackError } from '../../domain/errors.ts';

/** Where Docker and distributions put Compose, as a plugin or as a program of its own. */
export const composePlaces = [
  '/usr/local/lib/docker/cli-plugins/docker-compose',
  '/usr/local/libexec/docker/cli-plugins/docker-compose',
  '/usr/lib/docker/cli-plugins/docker-compose',
  '/usr/libexec/docker/cli-plugins/docker-compose',
  '/usr/local/bin/docker-compose',
  '/usr/bin/docker-compose',
] as const;

/** The Compose program: the configured one, or the first that is there. Rejects with `NOT_FOUND` when there is none. */
export async function findCompose(configured: string | null): Promise<string> {
  const places = configured === null ? composePlaces : [configured];
  for (const place of places) if (await isExecutable(place)) return place;
  const message =
    configured === null
      ? 'Docker Compose was not found among the plugins of Docker; install version 2, or state docker.compose'
      : `Docker Compose is not at ${configured}, or may not be executed; install version 2 there`;
  throw new RollbackError('NOT_FOUND', message, { configured });
}

/** Rejects with `REFUSED` unless it is version 2 or later: the first one is another program. */
export function requireVersion(program: string, version: string): void {
  const major = Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0);
  if (major >= 2) return;
  const message = `${program} is not Docker Compose version 2; install it, or state its path as docker.compose`;
  throw new RollbackError('REFUSED', message, { program });
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
