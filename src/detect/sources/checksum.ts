import { dirname, isAbsolute } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Target } from '../../domain/target.ts';
import { render } from '../../domain/template.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../domain/time.ts';
import { FileDigests, Turns } from './file-digests.ts';
import { compareFiles, readManifest, type Comparing } from './manifest-check.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { openRoot } from './rooted-path.ts';
import { duration } from './schema.ts';

/** A manifest, and where its files lie; both on the host. */
export interface ChecksumOptions {
  readonly manifest: string;
  readonly root: string;
  /** A file that looks unchanged is read again when its digest is this old. */
  readonly rereadMs: number;
}

const path = z
  .string()
  .refine(isAbsolute, { error: 'expected an absolute path of the host, such as /srv/app/SHA256SUMS' });

const checksumOptions: z.ZodType<ChecksumOptions> = z
  .strictObject({
    manifest: path.describe('What sha256sum, sha512sum, md5sum and their kin write, plain or with --tag'),
    root: path
      .optional()
      .describe("Where its names begin, and what none may lead out of; the manifest's folder unless stated"),
    reread: duration({ min: MINUTE, max: 30 * DAY })
      .default(HOUR)
      .describe('How often files are read again that look unchanged; 1h unless stated'),
  })
  .transform(({ manifest, root, reread }) => ({
    manifest,
    root: root ?? dirname(manifest),
    rereadMs: reread,
  }));

/** How long one reading hashes; the rest is left to the next. Less than detection waits for a whole read. */
const roundMs = 20 * SECOND;
/** Manifests whose digests are remembered. */
const mostManifests = 256;

/**
 * Files on the disk against a manifest of their checksums, as `sha256sum -c` compares them.
 *
 * A listed file that is missing or differs fails the probe. A manifest or a file that cannot be read is `error`; files
 * that could not be hashed in time are `insufficient` until a later reading has got through them.
 */
export function checksumSource({
  hostRoot,
  clock,
}: {
  readonly hostRoot: string;
  readonly clock: Clock;
}): Source<ChecksumOptions> {
  const once = oneAtATime<Seen>();
  const turns = new Turns();
  const remembered = new Map<string, FileDigests>();
  const digestsFor = (id: string): FileDigests => {
    const digests = remembered.get(id) ?? new FileDigests(clock, turns);
    remembered.delete(id);
    remembered.set(id, digests);
    for (const [oldest] of remembered) if (remembered.size > mostManifests) remembered.delete(oldest);
    return digests;
  };
  return {
    kind: 'checksum',
    options: checksumOptions,
    seesDeploys: true,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'checksum',
    async read(options, subjects, signal) {
      const at = clock.now();
      const round = { rereadMs: options.rereadMs, until: at + roundMs, signal };
      const readings = new Map<string, Reading>();
      for (const { name, target } of subjects) {
        const filled = fill(options, target);
        const id = `${filled.manifest}\n${filled.root}`;
        const seen = await once(id, () => check(filled, { hostRoot, digests: digestsFor(id), round }));
        readings.set(name, 'why' in seen ? { kind: 'unknown', at, ...seen } : { kind: 'probe', at, ...seen });
      }
      return readings;
    },
  };
}

type Seen =
  | { readonly passed: boolean; readonly detail: string }
  | { readonly why: 'error' | 'insufficient'; readonly detail: string };

function fill(
  { manifest, root }: ChecksumOptions,
  target: Target | null,
): { manifest: string; root: string } {
  return render({ manifest, root }, { target });
}

async function check(
  { manifest, root }: { readonly manifest: string; readonly root: string },
  means: Omit<Comparing, 'root' | 'manifest'> & { readonly hostRoot: string },
): Promise<Seen> {
  if (`${manifest}${root}`.includes('${'))
    return { why: 'error', detail: `${manifest} cannot be filled in for this target` };
  const listed = await readManifest(means.hostRoot, manifest);
  if ('problem' in listed) return { why: 'error', detail: listed.problem };
  try {
    const opened = await openRoot(means.hostRoot, root);
    return await compareFiles(listed, { ...means, manifest, root: opened });
  } catch (thrown) {
    return { why: 'error', detail: `cannot read ${root}: ${messageOf(thrown)}` };
  }
}
