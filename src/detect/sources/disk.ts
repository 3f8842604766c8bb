import { statfs } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import { formatQuantity } from '../../domain/quantity.ts';
import type { Reading } from '../../domain/reading.ts';
import { hostPath } from '../../clients/files/host-path.ts';
import { oneAtATime } from './one-at-a-time.ts';

/** Which file system, and which of its two resources. */
export interface DiskMeasure {
  /** Absolute, on the host. */
  readonly path: string;
  readonly measure: 'free' | 'inodes';
}

const diskOptions: z.ZodType<DiskMeasure> = z.strictObject({
  path: z
    .string()
    .refine(isAbsolute, { error: 'expected an absolute path of the host, such as /var/lib/docker' })
    .describe('Anything on the file system, as the host sees it'),
  measure: z
    .enum(['free', 'inodes'])
    .default('free')
    .describe('Share of the space that is free, as df says it, or of the inodes'),
});

/**
 * What is free on a file system, as a ratio. `free` is available / (used + available), as `df` computes it: blocks
 * reserved for root are neither. `inodes` is free / all.
 */
export function diskSource({
  hostRoot,
  clock,
}: {
  readonly hostRoot: string;
  readonly clock: Clock;
}): Source<DiskMeasure> {
  // A hung mount holds a thread of the process for good.
  const once = oneAtATime<Seen>();
  return {
    kind: 'disk',
    options: diskOptions,
    seesDeploys: false,
    signal: () => 'value',
    unit: () => 'ratio',
    windowMs: () => 0,
    identity: () => 'disk',
    async read(options, subjects) {
      const at = clock.now();
      const id = `${options.measure} ${options.path}`;
      const seen = await once(id, () => look(hostRoot, options));
      const reading: Reading =
        'why' in seen ? { kind: 'unknown', at, ...seen } : { kind: 'value', at, ...seen };
      return new Map(subjects.map(({ name }) => [name, reading]));
    },
  };
}

type Seen =
  | { readonly value: number; readonly detail: string }
  | { readonly why: 'error' | 'never_seen'; readonly detail: string };

async function look(hostRoot: string, { path, measure }: DiskMeasure): Promise<Seen> {
  try {
    const { blocks, bfree, bavail, files, ffree } = await statfs(await hostPath(hostRoot, path));
    if (measure === 'inodes') return inodes(path, files, ffree);
    const used = blocks - bfree;
    if (used + bavail === 0)
      return { why: 'error', detail: `${path} is on a file system without any blocks` };
    return shown(path, bavail / (used + bavail), 'free');
  } catch (thrown) {
    return { why: 'error', detail: `cannot read ${path}: ${messageOf(thrown)}` };
  }
}

function inodes(path: string, files: number, free: number): Seen {
  // Btrfs and others make inodes as they need them, and report none.
  if (files === 0)
    return { why: 'never_seen', detail: `${path} is on a file system that does not count inodes` };
  return shown(path, free / files, 'of the inodes free');
}

function shown(path: string, value: number, what: string): Seen {
  return { value, detail: `${formatQuantity(value, 'ratio')} ${what} on ${path}` };
}
